/** @file Attacks that know several ways of asking: they try them in order and keep the best answered. */
import type { Behavior } from '../../core/behavior.ts';
import { editSystem, lastUserText, type ChatMessage } from '../../core/chat.ts';
import { LabError } from '../../core/errors.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { AttackContext, AttackResult, AttackStep } from '../attack.ts';
import { answerOf } from './ask.ts';
import { answerCheck, closeness, type Candidate, type CheckedAnswer } from './success/checked-answer.ts';
import type { SuccessOptions } from './success/options.ts';
import { countOutcomes } from './success/outcomes.ts';
import { claimOf, verdictByWords } from './success/verdict.ts';

/** One way of asking. */
export interface Variant extends Candidate {
  readonly name: string;
  /** Further fields for the step to show. */
  readonly note?: Readonly<Record<string, unknown>>;
}

/** A prompt that shows the effect of wording alone, or whether the target can read what the variants ask of it. */
export interface Control extends Variant {
  /** Whether a response passes. Default: by the test of the variants. */
  readonly passes?: (response: string) => boolean;
}

/** The part of a variant that a result holds, so that its answer can be read wherever it is replayed. */
export const resultOf = ({
  messages,
  assistantPrefix,
  assistantThought,
  answeredIn,
}: Variant): Pick<AttackResult, 'messages' | 'assistantPrefix' | 'assistantThought' | 'answeredIn'> => ({
  messages,
  ...(assistantPrefix !== undefined && { assistantPrefix }),
  ...(assistantThought && { assistantThought }),
  ...(answeredIn && { answeredIn }),
});

const stepOf = (step: number, { name, messages, note, unsent }: Variant): AttackStep => ({
  step,
  candidate: lastUserText(messages),
  detail: { variant: name, ...note, ...(unsent !== undefined && { unsent }) },
});

interface Search extends SuccessOptions {
  /** There is only one way of asking, so the target is not queried. */
  readonly fixed: boolean;
  /** Default: at the first variant that is answered. */
  readonly stop?: 'first' | 'never';
  /** Tried last in any case, counted apart, never the result. */
  readonly controls?: readonly Control[];
}

interface Tried {
  readonly variant: Variant;
  readonly answer: CheckedAnswer;
}

/**
 * Try the variants in order, greedily, until one is answered by the test that `options` choose; an answer that only a
 * weaker test passes does not end the search. If none is answered, keep the last of those that came closest.
 * @throws LabError 'bad-model' when not one could be sent
 */
export async function* firstAnswered(
  behavior: Behavior,
  model: LanguageModel,
  variants: Iterable<Variant> | AsyncIterable<Variant>,
  options: Search,
  context: AttackContext,
): AsyncGenerator<AttackStep, AttackResult> {
  const check = answerCheck(behavior, model, options, context);
  const counter = countOutcomes(options, context);
  let best: Tried | undefined;
  let step = 0;
  const testedStep = (variant: Variant, answer: CheckedAnswer): AttackStep => {
    const shown = stepOf(step++, variant);
    return { ...shown, detail: { ...shown.detail, ...answer } };
  };
  const askControl = async (
    { messages }: Variant,
    passes: (response: string) => boolean,
  ): Promise<CheckedAnswer> => {
    const response = await answerOf(model, messages, {
      maxNewTokens: options.maxNewTokens,
      signal: context.signal,
    });
    if (response === null) return { response: '', verdict: 'too-long', refused: false };
    const refused = verdictByWords(response) === 'refused';
    return { response, verdict: passes(response) ? 'answered' : refused ? 'refused' : 'off-topic', refused };
  };
  for await (const variant of variants) {
    context.signal.throwIfAborted();
    if (options.fixed && variant.unsent === undefined) {
      yield stepOf(step, variant);
      return { ...resultOf(variant), steps: step };
    }
    const answer = await check(variant);
    counter.add(answer, variant.name);
    yield testedStep(variant, answer);
    if (isBetter({ variant, answer }, best)) best = { variant, answer };
    if (options.stop !== 'never' && answer.verdict === 'answered') break;
    if (best !== undefined && context.spent()) break;
  }
  for (const control of options.controls ?? []) {
    context.signal.throwIfAborted();
    const { passes, ...sent } = control;
    const answer = passes ? await askControl(sent, passes) : await check(sent);
    counter.add(answer, control.name, 'control');
    yield testedStep({ ...sent, note: { ...sent.note, control: true } }, answer);
  }
  if (best === undefined)
    throw new LabError('bad-model', 'The model that should reword the request wrote nothing of use.', {
      advice: 'Give the role to another model, or change the texts of the attack.',
    });
  const { variant, answer } = best;
  return {
    ...resultOf(variant),
    steps: step,
    claimed: claimOf(answer.verdict),
    outcomes: counter.outcomes,
  };
}

/** The first answered, else the last of the closest that could be sent. */
function isBetter(tried: Tried, best: Tried | undefined): boolean {
  if (tried.variant.unsent !== undefined) return false;
  if (best === undefined) return true;
  const gain = closeness(tried.answer) - closeness(best.answer);
  return tried.answer.verdict === 'answered' ? gain > 0 : gain >= 0;
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
