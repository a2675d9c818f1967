/** @file What a defense reads in the replies of the model it wraps. */
import { sumOfCounts } from '../../core/counts.ts';
import type { DefenseCost } from '../../core/defense-event.ts';
import { isEmptyResponse, isRefusal } from '../../core/refusal.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';
import type { GenerateOptions, Generation } from '../../models/language-model.ts';

/** The whole answer, which includes the assistant prefix. */
export const wholeAnswer = (reply: Generation, { assistantPrefix = '' }: GenerateOptions): string =>
  assistantPrefix + reply.text;

/** Tokens of characters `[start, end)` of the text; none when the recorded tokens do not spell out the text. */
export function tokensWithin({ text, tokens }: Generation, start: number, end: number): TokenTrace[] {
  if (tokens.map((token) => token.text).join('') !== text) return [];
  let at = 0;
  return tokens.filter((token) => {
    const from = at;
    at += token.text.length;
    return at > start && from < end;
  });
}

/** True if a reply declines, false if it answers, `null` if it is empty. */
export const declines = ({ text, finishReason }: Generation): boolean | null => {
  if (finishReason === 'blocked') return true;
  return isEmptyResponse(text) ? null : isRefusal(text);
};

/** The cost of `replies`. */
export const spentOn = (replies: readonly Generation[]): DefenseCost => ({
  queries: replies.length,
  tokens: sumOfCounts(
    replies.flatMap(({ promptTokens, completionTokens }) => [promptTokens, completionTokens]),
  ),
});
