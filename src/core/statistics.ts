/** @file Rates with their denominators and intervals. */

/** A share of scored items. `rate` and `interval` are `null` when nothing could be scored. */
export interface Rate {
  /** Items that were tried. */
  readonly n: number;
  /** Items whose score was a number; the denominator of `rate`. */
  readonly scored: number;
  readonly successes: number;
  readonly rate: number | null;
  /** Wilson 95% score interval. */
  readonly interval: readonly [number, number] | null;
}

/** 97.5th percentile of the standard normal. */
export const z95 = 1.959963984540054;

/**
 * Wilson score interval for a binomial share.
 * @see https://doi.org/10.1080/01621459.1927.10502953
 * @throws RangeError unless 0 ≤ successes ≤ n and n > 0.
 */
export function wilson(successes: number, n: number, z = z95): readonly [number, number] {
  if (!(n > 0 && successes >= 0 && successes <= n))
    throw new RangeError(`No interval for ${successes} successes in ${n}.`);
  const share = successes / n;
  const center = share + (z * z) / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (center - spread) / scale), Math.min(1, (center + spread) / scale)];
}

/** The share of `true`; `null` means "could not tell" and is left out of the denominator. */
export function rateOf(outcomes: readonly (boolean | null)[]): Rate {
  const scored = outcomes.filter((outcome) => outcome !== null).length;
  const successes = outcomes.filter((outcome) => outcome === true).length;
  const n = outcomes.length;
  if (scored === 0) return { n, scored, successes, rate: null, interval: null };
  return { n, scored, successes, rate: successes / scored, interval: wilson(successes, scored) };
}

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

/** Area under a ROC curve, with its 95 % interval and the number of scores on each side. */
export interface Area {
  readonly area: number;
  readonly interval: readonly [low: number, high: number];
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Area under the ROC curve: the share of pairs in which the positive scores above the negative; ties count half.
 * The 95 % interval holds the areas that are at most 1.96 of their own standard errors (Hanley and McNeil, with one count
 * for both sides) away, so that it is not empty for a perfect area. `null` without scores on both sides.
 * @see https://doi.org/10.1002/sim.2324 (Newcombe, method 5)
 */
export function auroc(positives: readonly number[], negatives: readonly number[]): Area | null {
  const [m, n] = [positives.length, negatives.length];
  if (m === 0 || n === 0) return null;
  const area = sumOf(winsOver(positives, negatives)) / (m * n);
  return { area, interval: areaInterval(area, m, n), positives: m, negatives: n };
}

/** The interval of `auroc`; the counts need not be whole. */
export const areaInterval = (area: number, positives: number, negatives: number): Area['interval'] => [
  lowestArea(area, positives, negatives),
  1 - lowestArea(1 - area, positives, negatives),
];

/** Of each score, how many of `others` are below it; ties count half. */
export function winsOver(scores: readonly number[], others: readonly number[]): readonly number[] {
  const lowestFirst = Float64Array.from(others).sort();
  return scores.map(
    (score) => (countBelow(lowestFirst, score, false) + countBelow(lowestFirst, score, true)) / 2,
  );
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** How many of `sorted`, lowest first, are below `score`, or at most it. */
function countBelow(sorted: Float64Array, score: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < score || (orEqual && sorted[middle] === score)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The lower bound of the interval around `area`, by bisection. */
function lowestArea(area: number, positives: number, negatives: number): number {
  const count = (positives + negatives) / 2 - 1;
  const margin = (at: number) =>
    z95 *
    Math.sqrt(
      (at * (1 - at) * (1 + (count * (1 - at)) / (2 - at) + (count * at) / (1 + at))) /
        (positives * negatives),
    );
  let [below, above] = [0, area];
  for (let i = 0; i < 60; i++) {
    const middle = (below + above) / 2;
    if (area - middle > margin(middle)) below = middle;
    else above = middle;
  }
  return below;
}

/**
 * Exact two-sided McNemar test: the probability of a split at least this uneven if both directions were equally likely.
 * @param onlyFirst pairs in which only the first succeeds; `onlySecond` pairs in which only the second does
 * @returns p, twice the smaller tail of the binomial at 1/2; 1 when no pair differs
 * @see https://doi.org/10.1007/BF02295996
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log((n - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
