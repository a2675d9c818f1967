/** @file Whether an answer declines, for attacks, for defenses that vote on refusals, and for evaluators. */
import { plainText } from './plain-text.ts';
import { withoutAccents } from './refusals/pattern.ts';
import { refusalPatterns } from './refusals/patterns.ts';
import { answerIn } from './thoughts.ts';

export interface RefusalScope {
  /** Characters read from the start; `Infinity` reads all. */
  readonly headCharacters?: number;
}

/** `plainText` in lower case, with single blanks. */
export const normalizeForMatching = (text: string): string =>
  plainText(text).replace(/\s+/g, ' ').trim().toLowerCase();

/**
 * True if `response` opens by declining, after any thoughts, in one of the languages of `refusalPatterns`. An empty response is not a refusal (and never
 * a success either).
 */
export function isRefusal(response: string, scope: RefusalScope = {}): boolean {
  const { headCharacters = 200 } = scope;
  const head = withoutAccents(normalizeForMatching(answerIn(response))).slice(0, headCharacters);
  return refusalPatterns.some((pattern) => pattern.test(head));
}

/** True if a response holds no answer at all; invisible format characters are none. */
export const isEmptyResponse = (response: string): boolean => !/[^\s\p{Cf}]/u.test(response);
