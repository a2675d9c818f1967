/** @file How much of one text comes from another, for defenses that must not lose what they rewrite. */
import { normalizeForMatching } from '../../core/refusal.ts';

const grams = (content: string): Set<string> => {
  const letters = Array.from(` ${normalizeForMatching(content)} `);
  return new Set(letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')));
};

/**
 * Share of the letter triples of `content` that `source` has too, case and white space apart: 1 for what was taken from
 * it, near 0 for another text. What `source` has besides does not count.
 */
export function overlap(content: string, source: string): number {
  const [ours, theirs] = [grams(content), grams(source)];
  return ours.size === 0 ? 1 : Array.from(ours).filter((gram) => theirs.has(gram)).length / ours.size;
}
