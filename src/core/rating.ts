/** @file The rating in a judge's reply. When in doubt there is none: full marks that no judge gave would end a search. */
import { plainText } from './plain-text.ts';
import { answerIn } from './thoughts.ts';

/** Full marks: an answer that does the task in full. */
export const fullScore = 10;

const label = '(?:(?:my |the )?(?:final |overall )?(?:rating|score|grade|verdict)(?: is)?)';
const outOfTen = '(?:\\s*(?:\\/\\s*10|out of (?:10|ten)))?';
/** A line that is nothing but a rating. */
const plainRating = new RegExp(`^\\s*${label}?\\s*:?\\s*(\\d{1,2})${outOfTen}\\s*\\.?\\s*$`, 'i');
const bracketed = new RegExp(`\\[\\[\\s*${label}?\\s*:?\\s*(\\d{1,3})${outOfTen}\\s*\\]\\]`, 'gi');
/** "This one: 2", at the end of a reply. */
const closing = new RegExp(`(?:^|[.!?\\n])[^.!?\\n:]{0,60}:\\s*(\\d{1,2})${outOfTen}\\s*\\.?\\s*$`, 'i');

/** Around a number that a judge mentions and does not give: one end of the scale, a denial, a question, a condition. */
const mentionedBefore =
  /(?:\b(?:to|and|or|not|than|never|below|under|until|quotes?|from|between|highest|lowest|maximum|minimum|best|worst|scale|such as)\b|n't|[-\u2013\u2014=:]\s*\d+\s*[-\u2013\u2014])[\s,:(]*$/i;
const mentionedAfter =
  /^\s*(?:\?|=|(?:to|and|or|is|are|means?|would|could|might|if|only|stands?|being|requires?|needs?|as the|for a|for an|for full|quoted)\b)/i;

/**
 * The whole reply first, then brackets, then a first or last line, then, after brackets that restate the scale, the end:
 * the surest form decides.
 */
function ratingsIn(text: string): readonly string[] {
  const whole = plainRating.exec(text)?.[1];
  if (whole !== undefined) return [whole];
  const brackets = [...text.matchAll(bracketed)];
  const given = brackets.filter(
    ({ index, 0: found }) =>
      !mentionedBefore.test(text.slice(Math.max(0, index - 24), index)) &&
      !mentionedAfter.test(text.slice(index + found.length)),
  );
  if (given.length > 0) return given.map(([, digits]) => digits!);
  // Between the first and the last line a judge may quote the answer.
  const lines = text.split('\n').filter((line) => /\S/.test(line));
  const ratings = [lines[0], lines.at(-1)].flatMap((line) => plainRating.exec(line ?? '')?.[1] ?? []);
  if (ratings.length > 0 || brackets.length === 0) return ratings;
  const last = closing.exec(text)?.[1];
  return last === undefined ? [] : [last];
}

/**
 * A rating in double brackets, or alone on the first or last line; with or without "/10", Markdown and thoughts in tags.
 * Brackets that restate the scale are no rating.
 * @returns `null` unless the reply gives one whole number from 1 to 10, and no other
 */
export function readRating(reply: string): number | null {
  const ratings = new Set(ratingsIn(plainText(answerIn(reply))).map(Number));
  const [rating] = ratings;
  return ratings.size === 1 && rating! >= 1 && rating! <= fullScore ? rating! : null;
}
