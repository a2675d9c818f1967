/** @file How GPTFuzzer's attacker model rewrites one template, or two, into a new one. */
import type { Random } from '../../core/random.ts';
import { rewritingIn } from '../../core/rewriter-reply.ts';
import { fillSlots } from '../../core/slots.ts';
import { templateOf } from '../../core/templates.ts';
import type { AttackContext } from '../attack.ts';
import { ask, whereItFits } from '../parts/ask.ts';

export const operators = ['crossover', 'expand', 'similar', 'shorten', 'rephrase'] as const;
export type Operator = (typeof operators)[number];

/** The slot of the request in a template, and how it is shown to the attacker. */
const slot = '{goal}';
const shownSlot = '[REQUEST]';

/** True if the text has exactly one slot for the request. */
export const isTemplate = (text: string): boolean => text.split(slot).length === 2;

/** The template without its slot, on one line. */
const wordsOf = (template: string): string => template.replace(slot, '').replace(/\s+/g, ' ').trim();

interface MutationSetting extends Pick<AttackContext, 'templates' | 'signal' | 'role'> {
  readonly options: {
    readonly slot: 'apart' | 'shown';
    readonly attackerTokens: number;
    readonly attackerTemperature: number;
  };
}

/**
 * A mutant of `template`. With the slot `apart`, the attacker sees only the words, and the slot is put at the end.
 * @param other the second parent, for crossover
 * @returns `null` when the attacker's reply is not a new template
 */
export async function mutantOf(
  template: string,
  other: string,
  operator: Operator,
  random: Random,
  { options, templates, signal, role }: MutationSetting,
): Promise<string | null> {
  const apart = options.slot === 'apart';
  const show = (text: string) => (apart ? wordsOf(text) : text.replace(slot, shownSlot));
  const order = fillSlots(templateOf(templates, operator, random), {
    text: show(template),
    other: show(other),
  });
  const keep = fillSlots(templateOf(templates, 'keep'), { slot: shownSlot });
  const instruction = apart || operator === 'expand' ? order : order.replace('\n', () => `${keep}\n`);
  const sampling = { temperature: options.attackerTemperature, topP: 1 };
  const request = { maxNewTokens: options.attackerTokens, sampling, random, signal };
  const reply = await whereItFits(() => ask(role('attacker'), instruction, request));
  const rewriting = reply === null ? null : rewritingIn(reply);
  if (rewriting === null) return null;
  const words = rewriting.replaceAll(slot, '');
  const mutant =
    operator === 'expand'
      ? `${words} ${template}`
      : apart
        ? `${words} ${slot}`
        : words.replace(shownSlot, slot);
  return isTemplate(mutant) && mutant !== template ? mutant : null;
}
