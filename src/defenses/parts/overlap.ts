/** @file How much two texts share, for defenses that must not lose the meaning of what they rewrite. */
import { normalizeForMatching } from '../../core/refusal.ts';

const grams = (content: string): Set<string> => {
  const letters = Array.from(` ${normalizeForMatching(content)} `);
  return new Set(letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')));
};

/** Dice coefficient of the letter triples of two texts, case and white space apart: 0 nothing, 1 everything. */
export function similarity(a: string, b: string): number {
  const [ours, theirs] = [grams(a), grams(b)];
  const shared = Array.from(ours).filter((gram) => theirs.has(gram)).length;
  const all = ours.size + theirs.size;
  return all === 0 ? 1 : (2 * shared) / all;
}
