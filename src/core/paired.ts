/**
 * @file Two rates on the same items: what the items on which they differ tell. Shares are in 0 to 1, differences are first
 * minus second.
 */
import type { Estimate } from './means.ts';

/** How two outcomes of the same items differ. */
export interface Pairs {
  /** Items with both outcomes. */
  readonly paired: number;
  /** Items on which the first is a yes and the second a no. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/** Share of resamples that is dropped at most from each tail while they are summed up. */
const negligible = 1e-12;

/**
 * The difference of the rates, with the 95 % percentile interval of the paired bootstrap over items. Its distribution is
 * computed, not drawn: a resample is `paired` draws of +1, −1 or 0. Where all items
 * come out alike there is no interval: the bootstrap would call the difference certain.
 * @throws RangeError unless there is a pair
 * @see https://doi.org/10.1214/aos/1176344552
 */
export function pairedDifference({ paired, onlyFirst, onlySecond }: Pairs): Estimate {
  if (!(paired > 0)) throw new RangeError('There is no pair to compare.');
  const value = (onlyFirst - onlySecond) / paired;
  if ([onlyFirst, onlySecond, paired - onlyFirst - onlySecond].includes(paired))
    return { value, interval: null };
  const { lowest, shares } = sumOfDraws(paired, onlyFirst / paired, onlySecond / paired);
  const quantile = (q: number) => {
    let below = 0;
    const at = shares.findIndex((share) => (below += share) >= q);
    return (lowest + at) / paired;
  };
  return { value, interval: [quantile(0.025), quantile(0.975)] };
}

/** Distribution of the sum of `n` draws of +1, −1 and else 0; `shares[i]` is that of `lowest + i`. */
function sumOfDraws(n: number, up: number, down: number) {
  let [lowest, shares] = [0, [1]];
  for (let i = 0; i < n; i++) {
    const at = (k: number) => shares[k] ?? 0;
    const next = Array.from(
      { length: shares.length + 2 },
      (_, k) => at(k - 2) * up + at(k - 1) * (1 - up - down) + at(k) * down,
    );
    const first = next.findIndex((share) => share > negligible);
    const last = next.findLastIndex((share) => share > negligible);
    shares = next.slice(first, last + 1);
    lowest += first - 1;
  }
  return { lowest, shares };
}

/**
 * p-values adjusted for how many there are, in the order given: each is the smallest level at which Holm's step-down
 * procedure rejects it while the chance of any false rejection stays below that level.
 * @see https://www.jstor.org/stable/4615733
 */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = [...ps];
  let least = 0;
  order.forEach((at, rank) => {
    least = Math.max(least, Math.min(1, (ps.length - rank) * ps[at]!));
    adjusted[at] = least;
  });
  return adjusted;
}

/** Quantile of the standard normal for a power of 0.8. */
const zPower = 0.8416212335729143;

/** What a standard normal exceeds with a chance of `tail`, at most 0.025: its tail is a continued fraction (Laplace). */
function upperQuantile(tail: number): number {
  const tailFrom = (z: number) => {
    let fraction = z;
    for (let k = 200; k > 0; k--) fraction = z + k / fraction;
    return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / fraction;
  };
  let [low, high] = [1.9, 40];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tailFrom(middle) > tail) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * How many items it takes to find, with a power of 80 % at a level of 5 %, a difference as large as the one observed, if the
 * items go on to differ as often. For the exact test it is some items too few. `null` where nothing points one way.
 * @param together differences that are tested together and share the level: after Holm's adjustment it takes no more
 * @see https://doi.org/10.2307/2531961 (Connor, Sample size for testing differences in proportions for the paired-sample design)
 */
export function itemsNeeded({ paired, onlyFirst, onlySecond }: Pairs, together = 1): number | null {
  const difference = (onlyFirst - onlySecond) / paired;
  if (paired === 0 || difference === 0) return null;
  const differing = (onlyFirst + onlySecond) / paired;
  const zLevel = upperQuantile(0.025 / together);
  const root =
    zLevel * Math.sqrt(differing) + zPower * Math.sqrt(Math.max(0, differing - difference * difference));
  return Math.ceil((root / difference) ** 2);
}
