/** @file Answers of the target model with a judge's score, for attacks that search by scores. */
import type { Behavior } from '../../../core/behavior.ts';
import type { ChatMessage } from '../../../core/chat.ts';
import { integer } from '../../../core/options.ts';
import type { Templates } from '../../../core/templates.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import { goalOf } from '../../attack.ts';
import { answerOf } from '../ask.ts';
import { judgeScore } from './judge-score.ts';
import { claimOf, verdictByScore } from './verdict.ts';

export interface RatedAnswer {
  readonly prompt: string;
  /** Empty also when the prompt was too long for the target model. */
  readonly response: string;
  /** From 1 to 10; `null` when the judge could not tell. */
  readonly score: number | null;
}

/** Token limits of target and judge. */
export const ratingOptions = {
  targetTokens: integer({
    description: 'Most tokens of an answer that the search looks at; PAIR and TAP use 150.',
    default: 96,
    min: 1,
    max: 4096,
    unit: 'tokens',
  }),
  judgeTokens: integer({
    description: 'Most tokens that the judge may write, including reasons; PAIR and TAP use 10.',
    default: 32,
    min: 4,
    max: 512,
    unit: 'tokens',
  }),
} as const;

export interface RatingContext {
  readonly model: LanguageModel;
  readonly judge: LanguageModel;
  readonly behavior: Behavior;
  readonly options: { readonly targetTokens: number; readonly judgeTokens: number };
  readonly templates: Templates;
  readonly signal: AbortSignal;
}

/** Send `messages`, whose last turn is `prompt`, to the target and have the answer rated. Both models are greedy. */
export async function askAndRate(
  context: RatingContext,
  prompt: string,
  messages: readonly ChatMessage[],
): Promise<RatedAnswer> {
  const request = { maxNewTokens: context.options.targetTokens, signal: context.signal };
  return rate(context, prompt, (await answerOf(context.model, messages, request)) ?? '');
}

export async function rate(
  { judge, behavior, options, templates, signal }: RatingContext,
  prompt: string,
  response: string,
): Promise<RatedAnswer> {
  const score = await judgeScore(judge, { goal: goalOf(behavior), prompt, response }, templates, {
    maxNewTokens: options.judgeTokens,
    signal,
  });
  return { prompt, response, score };
}

/** The answer with the higher score; the earlier of two equal ones. An answer without a score ranks below all others. */
export const better = <A extends RatedAnswer>(best: A | null, answer: A): A =>
  best === null || (answer.score ?? 0) > (best.score ?? 0) ? answer : best;

export const hasFullScore = ({ score }: RatedAnswer): boolean => verdictByScore(score) === 'answered';

/** What a search claims of its best answer. Without any answer it claims no success. */
export const claimOfBest = (best: RatedAnswer | null): boolean | null =>
  claimOf(best === null ? 'unsent' : verdictByScore(best.score));
