/** @file When CAST steers: how like a direction a request is, and from which likeness on. */
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
 * The direction along which each of `a` differs most from its counterpart in `b`: the first principal direction of
 * both, each pair centered on its mean; it points from `b` to `a`. `null` if no pair differs.
 */
export function contrastDirection(a: readonly Vector[], b: readonly Vector[]): Float64Array | null {
  const halves = a.map((vector, i) => scaled(plus(vector, b[i]!, -1), 0.5));
  const [direction] = principalDirections([...halves, ...halves.map((half) => scaled(half, -1))], 1);
  if (direction === undefined) return null;
  return dot(direction, meanOf(halves)) < 0 ? scaled(direction, -1) : direction;
}

/**
 * cos(h, tanh(P h)), P projecting on the unit vector `direction`: how much of h points along it. Negative where h
 * points the other way, which the paper's formula alone cannot tell.
 */
export function likeness(h: Vector, direction: Vector): number {
  const along = dot(h, direction);
  return Math.sign(along) * cosine(h, scaled(direction, along).map(Math.tanh));
}

export interface Threshold {
  readonly threshold: number;
  /** Whether a likeness above the threshold is a hit, or one below. */
  readonly above: boolean;
  /** Harmonic mean of precision and recall on the values it was found from. */
  readonly f1: number;
}

/** Whether a likeness meets the condition. */
export const isMet = ({ threshold, above }: Omit<Threshold, 'f1'>, value: number): boolean =>
  above ? value > threshold : value < threshold;

/** The threshold halfway between two neighboring values, and the side of it, that tell hits from misses best. */
export function bestThreshold(hits: readonly number[], misses: readonly number[]): Threshold {
  const values = [...hits, ...misses].toSorted((a, b) => a - b);
  const between = values.slice(1).map((value, i) => (value + values[i]!) / 2);
  const candidates = [values[0]! - 1, ...between].flatMap((threshold) =>
    [true, false].map((above) => {
      const counted = (of: readonly number[]) =>
        of.filter((value) => isMet({ threshold, above }, value)).length;
      const found = counted(hits);
      return { threshold, above, f1: (2 * found) / (found + counted(misses) + hits.length) };
    }),
  );
  return candidates.reduce((best, next) => (next.f1 > best.f1 ? next : best));
}
