/** @file Minimizes a smooth convex function by L-BFGS. */
import { dot, norm, plus, scaled } from './vectors.ts';

export interface Differentiable {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Pairs of steps and changes of the gradient that stand for the curvature. */
const memory = 10;
const mostSteps = 1000;
/** Of the length of the gradient, where the search ends. */
const tolerance = 1e-9;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
}

/**
 * The point at which `objective` is lowest, from `start` on: where its gradient is shorter than 1e-9, or where no step
 * lowers it any more.
 * @see https://doi.org/10.1007/BF01589116 (L-BFGS)
 */
export function minimize(
  objective: (point: Float64Array) => Differentiable,
  start: Float64Array,
): Float64Array {
  let [point, here] = [start, objective(start)];
  let pairs: readonly Pair[] = [];
  for (let count = 0; count < mostSteps && norm(here.gradient) > tolerance; count++) {
    const direction = descentFrom(here.gradient, pairs);
    const slope = dot(direction, here.gradient);
    const next = search(objective, point, here.value, direction, slope);
    if (next === null) break;
    const pair = { step: plus(next.point, point, -1), change: plus(next.at.gradient, here.gradient, -1) };
    // A pair without positive curvature would turn later steps uphill.
    if (dot(pair.step, pair.change) > 0) pairs = [...pairs, pair].slice(-memory);
    [point, here] = [next.point, next.at];
  }
  return point;
}

/** −H·gradient, with H the inverse curvature that the pairs tell. */
function descentFrom(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  let direction = scaled(gradient, -1);
  const shares: number[] = [];
  for (const { step, change } of pairs.toReversed()) {
    const share = dot(step, direction) / dot(step, change);
    shares.push(share);
    direction = plus(direction, change, -share);
  }
  const last = pairs.at(-1);
  direction = scaled(
    direction,
    last ? dot(last.step, last.change) / dot(last.change, last.change) : 1 / Math.max(1, norm(gradient)),
  );
  for (const { step, change } of pairs) {
    const share = shares.pop()! - dot(change, direction) / dot(step, change);
    direction = plus(direction, step, share);
  }
  return direction;
}

/** The first point of shorter and shorter steps that lowers the value enough; `null` if none does. */
function search(
  objective: (point: Float64Array) => Differentiable,
  from: Float64Array,
  value: number,
  direction: Float64Array,
  slope: number,
) {
  for (let length = 1; length > 1e-12; length /= 2) {
    const point = plus(from, direction, length);
    const at = objective(point);
    if (at.value <= value + 1e-4 * length * slope) return { point, at };
  }
  return null;
}
