/** @file Reward and cost models as linear heads on states of the model as it was, learned from pairs of answers. */
import { minimize, type Differentiable } from '../../core/minimize.ts';
import { dot, type Vector } from '../../core/vectors.ts';
import { preferenceLoss } from '../parts/losses.ts';

/** −log σ(worse − better) − log σ(worse) − log σ(−better), with the derivatives in both; `worse` does more harm. */
export function costLoss(worse: number, better: number) {
  const [order, above, below] = [
    preferenceLoss(worse - better, 1),
    preferenceLoss(worse, 1),
    preferenceLoss(-better, 1),
  ];
  return {
    loss: order.loss + above.loss + below.loss,
    worse: order.slope + above.slope,
    better: -order.slope - below.slope,
  };
}

export interface FeaturePair {
  readonly first: Vector;
  readonly second: Vector;
}

/** A head under which the first of each pair scores above the second (Bradley–Terry). */
export const rewardHead = (pairs: readonly FeaturePair[]): Float64Array =>
  fit(pairs[0]!.first.length, (add) => {
    for (const { first, second } of pairs) {
      const { loss, slope } = preferenceLoss(add.score(first) - add.score(second), 1);
      add.term(loss / pairs.length, [
        [first, slope / pairs.length],
        [second, -slope / pairs.length],
      ]);
    }
  });

/** A head that is above 0 for the first of each pair, which does harm, and below 0 for the second and for `harmless`. */
export const costHead = (pairs: readonly FeaturePair[], harmless: readonly Vector[]): Float64Array =>
  fit(pairs[0]!.first.length, (add) => {
    for (const { first, second } of pairs) {
      const { loss, worse, better } = costLoss(add.score(first), add.score(second));
      add.term(loss / pairs.length, [
        [first, worse / pairs.length],
        [second, better / pairs.length],
      ]);
    }
    for (const features of harmless) {
      const { loss, slope } = preferenceLoss(-add.score(features), 1);
      add.term(loss / harmless.length, [[features, -slope / harmless.length]]);
    }
  });

/** Keeps separable answers from scores without bound. */
const ridge = 1e-3;

interface Sum {
  readonly score: (features: Vector) => number;
  readonly term: (loss: number, slopes: readonly (readonly [features: Vector, slope: number])[]) => void;
}

/** The weights at which the terms that `visit` adds, with a ridge penalty, are least. */
const fit = (size: number, visit: (sum: Sum) => void): Float64Array =>
  minimize((weights): Differentiable => {
    let value = (ridge / 2) * dot(weights, weights);
    const gradient = weights.map((weight) => ridge * weight);
    visit({
      score: (features) => dot(weights, features),
      term(loss, slopes) {
        value += loss;
        for (const [features, slope] of slopes)
          for (let i = 0; i < size; i++) gradient[i]! += slope * features[i]!;
      },
    });
    return { value, gradient };
  }, new Float64Array(size));

/** One pass of normalized least mean squares toward `targets`. */
export function improvedHead(
  head: Vector,
  features: readonly Vector[],
  targets: readonly number[],
  rate: number,
): Float64Array {
  const next = Float64Array.from(head);
  features.forEach((one, t) => {
    const step = (rate * (targets[t]! - dot(next, one))) / (1e-6 + dot(one, one));
    for (let i = 0; i < next.length; i++) next[i]! += step * one[i]!;
  });
  return next;
}
