/** @file Requests and replies in the hands of a defense that rewrites or withholds an answer. */
import type { GenerateOptions, Generation } from '../../models/language-model.ts';
import type { TokenTrace } from '../../models/decoding/policy.ts';

/** For an answer that reaches nobody before the defense has seen it whole: it is not streamed either. */
export const unstreamed = ({ onToken: _withheld, ...options }: GenerateOptions): GenerateOptions => options;

/** The answer as one text: words put in the model's mouth belong to it. */
export const wholeAnswer = (reply: Generation, { assistantPrefix = '' }: GenerateOptions): string =>
  assistantPrefix + reply.text;

/** Tokens that wrote characters `[start, end)` of the answer; none when they do not spell it out. */
export function tokensWithin({ text, tokens }: Generation, start: number, end: number): TokenTrace[] {
  if (tokens.map((token) => token.text).join('') !== text) return [];
  let at = 0;
  return tokens.filter((token) => {
    const from = at;
    at += token.text.length;
    return at > start && from < end;
  });
}
