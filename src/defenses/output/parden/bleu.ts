/** @file BLEU, the share of common word sequences in two texts. */

export type BleuUnit = 'words' | 'characters';

export const unitsOf = (content: string, unit: BleuUnit): string[] =>
  unit === 'characters' ? Array.from(content) : (content.match(/\S+/gu) ?? []);

/**
 * BLEU of `candidate` against one reference: the geometric mean of the clipped n-gram precisions for n = 1 … 4, times
 * the brevity penalty. Precisions for n > 1 are smoothed by one, so that short texts do not drop to 0 at once.
 * Texts of fewer than four units use n up to their length. 1 for equal texts; 0 if they share no unit.
 * @see https://aclanthology.org/P02-1040 (BLEU), https://aclanthology.org/C04-1072 (smoothing)
 */
export function bleu(reference: readonly string[], candidate: readonly string[]): number {
  if (reference.length === 0 || candidate.length === 0) return 0;
  const longest = Math.min(4, reference.length, candidate.length);
  let logs = 0;
  for (let n = 1; n <= longest; n++) {
    const referenceCounts = countGrams(reference, n);
    let matches = 0;
    for (const [gram, count] of countGrams(candidate, n))
      matches += Math.min(count, referenceCounts.get(gram) ?? 0);
    const total = candidate.length - n + 1;
    if (n === 1 && matches === 0) return 0;
    const smoothing = n === 1 ? 0 : 1;
    logs += Math.log((matches + smoothing) / (total + smoothing));
  }
  const brevity = Math.min(0, 1 - reference.length / candidate.length);
  return Math.exp(logs / longest + brevity);
}

function countGrams(units: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= units.length; i++) {
    const gram = JSON.stringify(units.slice(i, i + n));
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}
