/** @file The condition of CAST: the likeness of a request to a direction, and the threshold for steering. */
import {
  cosine,
  dot,
  meanOf,
  plus,
  principalDirections,
  scaled,
  type Vector,
} from '../../../core/vectors.ts';

/**
 * The direction along which the vectors of `a` differ most from their counterparts in `b`: the first principal
 * direction of both, with each pair centered on its mean; it points from `b` to `a`. `null` if no pair differs.
 */
export function contrastDirection(a: readonly Vector[], b: readonly Vector[]): Float64Array | null {
  const halves = a.map((vector, i) => scaled(plus(vector, b[i]!, -1), 0.5));
  const [direction] = principalDirections([...halves, ...halves.map((half) => scaled(half, -1))], 1);
  if (direction === undefined) return null;
  return dot(direction, meanOf(halves)) < 0 ? scaled(direction, -1) : direction;
}

/**
 * cos(h, tanh(P h)), where P projects onto the unit vector `direction`: how much of h points along it. Negative if h
 * points the other way, which the paper's formula does not distinguish.
 */
export function likeness(h: Vector, direction: Vector): number {
  const along = dot(h, direction);
  return Math.sign(along) * cosine(h, scaled(direction, along).map(Math.tanh));
}

export interface Threshold {
  readonly threshold: number;
  /** True if likenesses above the threshold are hits, false if those below it are. */
  readonly above: boolean;
  /** Harmonic mean of precision and recall on the values that the threshold was found from. */
  readonly f1: number;
}

/** True if a likeness meets the condition. */
export const isMet = ({ threshold, above }: Omit<Threshold, 'f1'>, value: number): boolean =>
  above ? value > threshold : value < threshold;

/** The threshold, halfway between two neighboring values, and the side of it that separate hits from misses best. */
export function bestThreshold(hits: readonly number[], misses: readonly number[]): Threshold {
  const values = [...hits, ...misses].toSorted((a, b) => a - b);
  const between = values.slice(1).map((value, i) => (value + values[i]!) / 2);
  const candidates = [values[0]! - 1, ...between].flatMap((threshold) =>
    [true, false].map((above) => {
      const countMet = (values: readonly number[]) =>
        values.filter((value) => isMet({ threshold, above }, value)).length;
      const truePositives = countMet(hits);
      return {
        threshold,
        above,
        f1: (2 * truePositives) / (truePositives + countMet(misses) + hits.length),
      };
    }),
  );
  return candidates.reduce((best, next) => (next.f1 > best.f1 ? next : best));
}
