/** @file The two writers of AutoDAN-Turbo: the attacker, who writes prompts, and the summarizer, who names strategies. */
import type { Random } from '../../core/random.ts';
import { rewritingIn } from '../../core/rewriter-reply.ts';
import { fillSlots } from '../../core/slots.ts';
import { templateOf, type Templates } from '../../core/templates.ts';
import { answerIn } from '../../core/thoughts.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { replyTo, whereItFits } from '../parts/ask.ts';
import { firstObject, wholeSentences } from '../parts/attacker/structured-reply.ts';
import { sameName, type Advice, type StrategyLibrary, type StrategyName } from './library.ts';

export interface Agents {
  readonly attacker: LanguageModel;
  readonly templates: Templates;
  readonly options: {
    readonly attackerTokens: number;
    readonly attackerTemperature: number;
    readonly attempts: number;
  };
  readonly signal: AbortSignal;
}

/** The tags around a prompt, of which the attacker may leave out the first, and the brackets. */
const startTag = /^[\s\S]*?\[?START OF PROMPT\]?/i;
const endTag = /\[?END OF PROMPT\]?/i;

/** The prompt in a reply: up to its closing tag, else as far as it can be told; `null` for none. */
export function promptIn(reply: string, goal: string, isCut: boolean): string | null {
  const [tagged, behind] = answerIn(reply).replace(startTag, '').split(endTag);
  if (behind !== undefined) return /[\p{L}\p{N}]/u.test(tagged!) ? tagged!.trim() : null;
  const text = isCut ? (wholeSentences(tagged!) ?? tagged!) : tagged!;
  return rewritingIn(text, { original: goal });
}

/** Ask the attacker for a prompt. @returns `null` when it wrote none */
export async function writePrompt(
  { attacker, templates, options, signal }: Agents,
  goal: string,
  { kind, strategies }: Advice,
  round: number,
  random: Random,
): Promise<string | null> {
  const name =
    kind === 'none'
      ? 'explore'
      : kind === 'avoid'
        ? 'avoid'
        : strategies.length > 1
          ? 'use-several'
          : 'use-one';
  const texts = templates[name]!;
  const listed = strategies.map(
    (strategy, at) =>
      `${at + 1}. ${strategy.name}: ${strategy.definition}\nExample of a prompt: ${strategy.example}`,
  );
  const question = fillSlots(texts[round % texts.length]!, {
    goal,
    names: strategies.map((strategy) => strategy.name).join(', '),
    strategies: listed.join('\n\n'),
  });
  const request = {
    maxNewTokens: options.attackerTokens,
    sampling: { temperature: options.attackerTemperature, topP: 1 },
    random,
    signal,
  };
  const reply = await whereItFits(() => replyTo(attacker, question, request));
  return reply === null ? null : promptIn(reply.text, goal, reply.finishReason === 'length');
}

/** The name and definition in a reply: in a JSON object, else in two lines that begin with these words. */
export function strategyIn(reply: string): StrategyName | null {
  const object = firstObject(reply);
  const line = (label: string) =>
    new RegExp(`^[\\s*"-]*${label}[\\s*"]*:[\\s*"]*(.+?)[\\s*",]*$`, 'im').exec(answerIn(reply))?.[1];
  const [name, definition] = object
    ? [object['strategy'] ?? object['Strategy'], object['definition'] ?? object['Definition']]
    : [line('strategy'), line('definition')];
  if (typeof name !== 'string' || typeof definition !== 'string') return null;
  const isText = (text: string) => /\p{L}/u.test(text);
  return isText(name) && isText(definition) ? { name: name.trim(), definition: definition.trim() } : null;
}

/** Ask for the strategy that makes `strong` better than `weak`. @returns `null` when no attempt was readable */
export async function nameStrategy(
  { attacker, templates, options, signal }: Agents,
  goal: string,
  prompts: { readonly weak: string; readonly strong: string },
  library: StrategyLibrary,
  random: Random,
): Promise<StrategyName | null> {
  const pool = library.map(({ name, definition }) => `- ${name}: ${definition}`).join('\n');
  const question = fillSlots(templateOf(templates, 'summarize'), {
    goal,
    pool: pool === '' ? '(none yet)' : pool,
    ...prompts,
  });
  for (let attempt = 0; attempt < options.attempts; attempt++) {
    const request = {
      maxNewTokens: options.attackerTokens,
      sampling: { temperature: 0.6, topP: 0.9 },
      random,
      signal,
    };
    const reply = await whereItFits(() => replyTo(attacker, question, request));
    if (reply === null) return null;
    const strategy = strategyIn(reply.text);
    if (strategy === null) continue;
    return library.find(({ name }) => sameName(name, strategy.name)) ?? strategy;
  }
  return null;
}
