/** @file Shares, intervals, tests and resamples, from their definitions. */
export type Outcome = boolean | null;
export type Interval = [low: number | Between, high: number | Between];

/** A figure that is known up to chance, or to the rounding of a series. */
export class Between {
  constructor(
    readonly least: number,
    readonly most: number,
  ) {}
}

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);
export const count = <T>(items: readonly T[], wanted: (item: T) => unknown) => items.filter(wanted).length;

/** z² for 95 %. */
export const z2 = 1.959963984540054 ** 2;

export function wilson(share: number, n: number): Interval {
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n ** 2))) / (1 + z2 / n);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

const isKnown = (outcome: Outcome) => outcome !== null;

/** @param precision how many independent items tell the share as precisely */
export function rate(outcomes: readonly Outcome[], precision?: number) {
  const [n, scored, successes] = [outcomes.length, count(outcomes, isKnown), count(outcomes, Boolean)];
  if (scored === 0) return { n, scored, successes, rate: null, interval: null };
  const share = successes / scored;
  return { n, scored, successes, rate: share, interval: wilson(share, precision ?? scored) };
}

/** As many independent items as the share over clusters would vary with; where all agree, one for each cluster. */
export function independent(clusters: readonly Outcome[][]): number {
  const used = clusters.map((outcomes) => outcomes.filter(isKnown)).filter(({ length }) => length > 0);
  const [k, n] = [used.length, used.flat().length];
  const share = count(used.flat(), Boolean) / n;
  if (k < 2 || share === 0 || share === 1) return k;
  const between = sum(used.map((outcomes) => (count(outcomes, Boolean) - share * outcomes.length) ** 2));
  return Math.min(n, Math.max(1, (share * (1 - share) * n ** 2 * (k - 1)) / (k * between)));
}

export const clusteredRate = (clusters: readonly Outcome[][]) => rate(clusters.flat(), independent(clusters));

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
export const choose = (n: number, k: number) => factorial(n) / factorial(k) / factorial(n - k);

/** Two-sided: as many or more heads one way in fair throws. */
export const mcNemar = (a: number, b: number) =>
  Math.min(1, sum(Array.from({ length: Math.min(a, b) + 1 }, (_, k) => choose(a + b, k))) * 2 ** (1 - a - b));

/** Every way of drawing `left` items from `kinds` kinds, as numbers of each. */
const draws = (left: number, kinds: number): number[][] =>
  kinds === 1
    ? [[left]]
    : Array.from({ length: left + 1 }, (_, n) =>
        draws(left - n, kinds - 1).map((rest) => [n, ...rest]),
      ).flat();

/** The least value that a share `q` of `values` does not exceed. */
export function quantile(values: readonly { value: number; share: number }[], q: number): number {
  let left = q * sum(values.map(({ share }) => share)) - 1e-12;
  return values.toSorted((a, b) => a.value - b.value).find(({ share }) => (left -= share) <= 0)!.value;
}

/** The percentile interval of 1000 resamples: its ends among those of all resamples, to four standard errors of a share of 1000. */
export function bootstrap<C>(items: readonly C[], statistic: (drawn: C[]) => number | null): Interval | null {
  const values = draws(items.length, items.length).flatMap((times) => {
    const value = statistic(times.flatMap((n, i) => Array.from({ length: n }, () => items[i]!)));
    const ways = factorial(items.length) / times.reduce((product, n) => product * factorial(n), 1);
    return value === null ? [] : [{ value, share: ways / items.length ** items.length }];
  });
  if (sum(values.map(({ share }) => share)) <= 0.5) return null;
  if (quantile(values, 0.025) === quantile(values, 0.975)) return null;
  const end = (q: number) =>
    new Between(quantile(values, q - 0.02) - 1e-9, quantile(values, q + 0.02) + 1e-9);
  return [end(0.025), end(0.975)];
}

/** 97.5th percentile of Student's t, whose density is a power of the cosine of its angle. */
function studentT(degrees: number): number {
  const at = (i: number) => ((i + 0.5) / 20_000) * Math.PI;
  const slices = Array.from({ length: 10_000 }, (_, i) => Math.cos(at(i)) ** (degrees - 1));
  let left = 0.95 * sum(slices);
  return Math.sqrt(degrees) * Math.tan(at(slices.findIndex((slice) => (left -= slice) <= 0)));
}

/** Around a mean, by how far its items are off; the lab takes Student's t from an expansion, which is within 1 %. */
export function tInterval(middle: number, residuals: readonly number[], scale = 1): Interval | null {
  const [n, center] = [residuals.length, mean(residuals)!];
  const error = Math.sqrt(sum(residuals.map((value) => (value - center) ** 2)) / (n - 1) / n) / scale;
  if (error === 0) return [middle, middle];
  if (n < 3) return null;
  const [less, more] = [0.99, 1.01].map((part) => part * studentT(n - 1) * error) as [number, number];
  return [new Between(middle - more, middle - less), new Between(middle + less, middle + more)];
}
