/** @file Success within k tries, estimated from a greater number of them. */

/** Number of tries on one behavior, and number of successes among them. */
export interface Tries {
  readonly tries: number;
  readonly successes: number;
}

/**
 * Chance that a draw of `k` of the tries, without repeats, holds at least one success: 1 − C(n−c, k) / C(n, k).
 * @throws RangeError unless 1 ≤ k ≤ tries
 */
export function successAtK({ tries, successes }: Tries, k: number): number {
  if (!(k >= 1 && k <= tries)) throw new RangeError(`No success rate at ${k} of ${tries} tries.`);
  if (tries - successes < k) return 1;
  let miss = 1;
  for (let i = 0; i < successes; i++) miss *= 1 - k / (tries - i);
  return 1 - miss;
}
