/** @file Asking a model the same thing several times over, in one batch. */
import type { DefenseCost } from '../../core/defense-event.ts';
import { isEmptyResponse, isRefusal } from '../../core/refusal.ts';
import type { GenerateOptions, Generation } from '../../models/language-model.ts';
import { unstreamed } from './reply.ts';

/**
 * The options of copy number `index` of a request: a draft, which is neither streamed nor watched from outside, with a
 * random stream of its own.
 */
export function copyOf(options: GenerateOptions, index: number): GenerateOptions {
  const { watch: _, ...draft } = unstreamed(options);
  return { ...draft, seed: `${options.seed ?? '0'}/${index}` };
}

/** As `copyOf`, about the request itself: no words are put in the model's mouth, and no tokens recorded. */
export function questionOf(options: GenerateOptions, index: number): GenerateOptions {
  const { assistantPrefix: _, topTokens: _1, forced: _2, ...question } = copyOf(options, index);
  return question;
}

/** Whether a reply declines; `null` for an empty one, which says neither. */
export const declines = ({ text, finishReason }: Generation): boolean | null => {
  if (finishReason === 'blocked') return true;
  return isEmptyResponse(text) ? null : isRefusal(text);
};

/** What was spent on `replies`. */
export const spentOn = (replies: readonly Generation[]): DefenseCost => ({
  queries: replies.length,
  tokens: replies.reduce(
    (sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens,
    0,
  ),
});
