/** @file Asking a model the same thing several times over, in one batch. */
import { isEmptyResponse, isRefusal } from '../../core/refusal.ts';
import type { DefenseCost, GenerateOptions, Generation } from '../../models/language-model.ts';
import { unstreamed } from './reply.ts';

/** The options of copy number `index` of a request: not streamed, with a random stream of its own. */
export const copyOf = (options: GenerateOptions, index: number): GenerateOptions => ({
  ...unstreamed(options),
  seed: `${options.seed ?? '0'}/${index}`,
});

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
