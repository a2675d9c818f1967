/** @file How far raters who say yes or no agree beyond chance. Each measure is of counts that add up over items. */

/**
 * Cohen's kappa of two raters: 1 for full agreement, 0 for that of chance. `null` without an item, and where both say one
 * thing only.
 * @param counts items on which both say yes, only the first does, only the second does, neither does
 * @see https://doi.org/10.1177/001316446002000104
 */
export function cohenKappa(counts: readonly number[]): number | null {
  const [both = 0, first = 0, second = 0, neither = 0] = counts;
  const n = both + first + second + neither;
  const chance = ((both + first) * (both + second) + (second + neither) * (first + neither)) / (n * n);
  return n === 0 || chance === 1 ? null : ((both + neither) / n - chance) / (1 - chance);
}

/**
 * Coincidences of one item for Krippendorff's alpha: pairs of raters that both say yes, that differ (counted once), and
 * that both say no, each weighted so that the item counts by its raters. An item with fewer than two raters has none.
 */
export function coincidences(yes: number, no: number): readonly [yes: number, differ: number, no: number] {
  const raters = yes + no;
  if (raters < 2) return [0, 0, 0];
  return [yes * (yes - 1), yes * no, no * (no - 1)].map((pairs) => pairs / (raters - 1)) as [
    number,
    number,
    number,
  ];
}

/**
 * Krippendorff's alpha for yes and no, of any number of raters, any of whom may leave items out. `null` where only one of
 * the two was said.
 * @param counts sums of `coincidences` over items
 * @see https://repository.upenn.edu/asc_papers/43
 */
export function krippendorffAlpha(counts: readonly number[]): number | null {
  const [bothYes = 0, differ = 0, bothNo = 0] = counts;
  const [yes, no] = [bothYes + differ, bothNo + differ];
  return yes === 0 || no === 0 ? null : 1 - ((yes + no - 1) * differ) / (yes * no);
}
