/** @file How much of one text stands in another, for replies that should quote or reword a request. */
import { normalizeForMatching } from '../../core/refusal.ts';

const grams = (content: string): Set<string> => {
  const letters = Array.from(` ${normalizeForMatching(content)} `);
  return new Set(letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')));
};

/**
 * Share of the letter triples of `content` that `source` contains too, regardless of case and white space: 1 for a text
 * taken from it, near 0 for an unrelated one. Other triples of `source` do not count.
 */
export function overlap(content: string, source: string): number {
  const [ours, theirs] = [grams(content), grams(source)];
  return ours.size === 0 ? 1 : Array.from(ours).filter((gram) => theirs.has(gram)).length / ours.size;
}
