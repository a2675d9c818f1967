/** @file The proposals of random search, and how large each may be. */
import type { Random } from '../../core/random.ts';

/**
 * Tokens to change at the `query`-th query (from 1), halved as the search goes on: `most`, then a half, … a 32nd.
 * @see https://arxiv.org/abs/2404.02151
 */
export function changesByQuery(query: number, most: number): number {
  const stage = [10, 25, 50, 100, 500].findIndex((last) => query <= last);
  return Math.max(1, Math.floor(most / 2 ** (stage < 0 ? 5 : stage)));
}

/** Tokens to change when the best probability so far is `probability`, by the paper's scale for open models. */
export const changesByProbability = (probability: number, most: number): number =>
  Math.max(1, Math.floor(most / (probability <= 0.01 ? 1 : probability <= 0.1 ? 2 : 4)));

/** `ids` with a run of `count` tokens overwritten by uniform draws from `allowed`; the length stays. */
export function overwriteRun(
  ids: readonly number[],
  count: number,
  allowed: readonly number[],
  random: Random,
): number[] {
  const length = Math.min(count, ids.length);
  const start = random.integer(ids.length - length + 1);
  return ids.map((id, i) => (i >= start && i < start + length ? random.pick(allowed) : id));
}
