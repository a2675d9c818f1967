/** @file Means of measured amounts with their 95 % intervals, by Student's t. */
import { mean, z95 as z } from './statistics.ts';

/** `interval` is `null` when there are too few values to estimate how much they vary. */
export interface Estimate {
  readonly value: number;
  readonly interval: readonly [low: number, high: number] | null;
}

/** Mean of `values`, at least one, with its interval. */
export const meanOf = (values: readonly number[]): Estimate =>
  around(mean(values), squaredError(values), values.length - 1);

/**
 * Mean of the first values over mean of the second, which must not be 0, of pairs: interval to first order (delta method),
 * from the residuals of each pair.
 */
export function pairedRatioOf(pairs: readonly (readonly [number, number])[]): Estimate {
  const bottom = mean(pairs.map(([, base]) => base));
  const ratio = mean(pairs.map(([value]) => value)) / bottom;
  const residuals = pairs.map(([value, base]) => value - ratio * base);
  return around(ratio, squaredError(residuals) / bottom ** 2, pairs.length - 1);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Squared standard error of the mean; NaN for fewer than two values. */
function squaredError(values: readonly number[]): number {
  const center = mean(values);
  return sum(values.map((value) => (value - center) ** 2)) / (values.length - 1) / values.length;
}

function around(value: number, squared: number, degrees: number): Estimate {
  if (squared === 0) return { value, interval: [value, value] };
  if (!(squared > 0 && degrees >= 2)) return { value, interval: null };
  const margin = studentT(degrees) * Math.sqrt(squared);
  return { value, interval: [value - margin, value + margin] };
}

/**
 * 97.5th percentile of Student's t, by its expansion around the normal; within 1 % from two degrees of freedom on.
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5
 */
function studentT(degrees: number): number {
  const terms = [
    z,
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return sum(terms.map((term, power) => term / degrees ** power));
}
