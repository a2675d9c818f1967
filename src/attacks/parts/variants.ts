/** @file Attacks that know several ways of asking: they try them in order and keep the first that is answered. */
import type { Behavior } from '../../core/behavior.ts';
import { editSystem, lastUserText, type ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { AttackContext, AttackResult, AttackStep } from '../attack.ts';
import { answerCheck, type Question, type SuccessOptions } from './success/checked-answer.ts';
import { claimOf, verdictRank, type Verdict } from './success/verdict.ts';

/** One way of asking. */
export interface Variant extends Question {
  readonly name: string;
  /** Further fields for the step to show. */
  readonly note?: Readonly<Record<string, unknown>>;
}

/** The part of a variant that a result holds, so that its answer can be read wherever it is replayed. */
export const resultOf = ({
  messages,
  answeredIn,
}: Variant): Pick<AttackResult, 'messages' | 'answeredIn'> => ({
  messages,
  ...(answeredIn && { answeredIn }),
});

const stepOf = (step: number, { name, messages, note, unsent }: Variant): AttackStep => ({
  step,
  candidate: lastUserText(messages),
  detail: { variant: name, ...note, ...(unsent !== undefined && { unsent }) },
});

interface Search {
  /** There is only one way of asking, so the target is not queried. */
  readonly fixed: boolean;
}

/**
 * Try the variants in order, greedily, until one is answered; if none is, keep the last of those with the best verdict.
 * @throws LabError 'bad-model' when not one could be sent
 */
export async function* firstAnswered(
  behavior: Behavior,
  model: LanguageModel,
  variants: Iterable<Variant> | AsyncIterable<Variant>,
  options: SuccessOptions & Search,
  context: AttackContext,
): AsyncGenerator<AttackStep, AttackResult> {
  const check = answerCheck(behavior, model, options, context);
  let best: { readonly variant: Variant; readonly verdict: Verdict } | undefined;
  let step = 0;
  for await (const variant of variants) {
    context.signal.throwIfAborted();
    if (options.fixed && variant.unsent === undefined) {
      yield stepOf(step, variant);
      return { ...resultOf(variant), steps: step };
    }
    const answer = await check(variant);
    const shown = stepOf(step++, variant);
    yield { ...shown, detail: { ...shown.detail, ...answer } };
    const { verdict } = answer;
    if (verdictRank[verdict] >= verdictRank[best?.verdict ?? 'too-long']) best = { variant, verdict };
    if (verdict === 'answered') break;
  }
  if (best === undefined)
    throw new LabError('bad-model', 'The model that should reword the request wrote nothing of use.', {
      advice: 'Give the role to another model, or change the texts of the attack.',
    });
  return { ...resultOf(best.variant), steps: step, claimed: claimOf(best.verdict) };
}

/** `messages` with `text` as system prompt, after any system prompt they already have. */
export const underSystem = (messages: readonly ChatMessage[], text: string): readonly ChatMessage[] =>
  editSystem(messages, (given) => (given === '' ? text : `${given}\n${text}`));

/** The items of an option that lists them with semicolons. */
export const listed = (text: string): readonly string[] =>
  text
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '');
