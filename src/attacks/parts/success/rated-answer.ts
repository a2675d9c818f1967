/** @file A prompt put to the target model and rated by a judge, for attacks that search by ratings. */
import type { Behavior } from '../../../core/behavior.ts';
import type { ChatMessage } from '../../../core/chat.ts';
import { integer } from '../../../core/options.ts';
import type { Templates } from '../../../core/templates.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { answerOf } from '../ask.ts';
import { fullMarks, judgeScore } from './judge-score.ts';

/** What came of a prompt. */
export interface Attempt {
  readonly prompt: string;
  /** Empty also when the prompt was too long for the target model. */
  readonly response: string;
  /** From 1 to 10; `null` when the judge could not tell. */
  readonly score: number | null;
}

/** How much target and judge may write. */
export const attemptOptions = {
  targetTokens: integer({
    description: 'Most tokens of an answer that the search looks at; PAIR and TAP have 150.',
    default: 96,
    min: 1,
    max: 4096,
    unit: 'tokens',
  }),
  judgeTokens: integer({
    description: 'Most tokens that the judge may write, reasons included; PAIR and TAP have 10.',
    default: 32,
    min: 4,
    max: 512,
    unit: 'tokens',
  }),
} as const;

export interface Trying {
  readonly model: LanguageModel;
  readonly judge: LanguageModel;
  readonly behavior: Behavior;
  readonly options: { readonly targetTokens: number; readonly judgeTokens: number };
  readonly templates: Templates;
  readonly signal: AbortSignal;
}

/** Put `messages`, whose last turn is `prompt`, to the target, and have the answer rated. Both are greedy. */
export async function tryPrompt(
  trying: Trying,
  prompt: string,
  messages: readonly ChatMessage[],
): Promise<Attempt> {
  const asking = { maxNewTokens: trying.options.targetTokens, signal: trying.signal };
  return rate(trying, prompt, (await answerOf(trying.model, messages, asking)) ?? '');
}

export async function rate(
  { judge, behavior, options, templates, signal }: Trying,
  prompt: string,
  response: string,
): Promise<Attempt> {
  const { score } = await judgeScore(judge, { goal: behavior.prompt, prompt, response }, templates, {
    maxNewTokens: options.judgeTokens,
    signal,
  });
  return { prompt, response, score };
}

/** The better rated of two; the earlier when they are equal. An attempt without a rating is below all others. */
export const better = <A extends Attempt>(best: A | null, attempt: A): A =>
  best === null || (attempt.score ?? 0) > (best.score ?? 0) ? attempt : best;

export const succeeded = ({ score }: Attempt): boolean => score === fullMarks;

/** What a search says of the best it found: nothing found is no success, nothing rated is no verdict. */
export const claimOf = (best: Attempt | null): boolean | null =>
  best !== null && best.score === null ? null : best !== null && succeeded(best);
