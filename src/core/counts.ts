/** @file Counts of which some may be unknown: a server, for one, need not say how many tokens it read and wrote. */

/** The sum; `null` if any part of it is unknown. */
export const sumOfCounts = (counts: readonly (number | null)[]): number | null =>
  counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
