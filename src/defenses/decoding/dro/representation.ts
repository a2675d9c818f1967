/** @file The space in which DRO moves hidden states: a few dimensions in which it moves them; in all others they stay. */
import { dot, meanOf, plus, principalDirections, scaled, type Vector } from '../../../core/vectors.ts';
import { crossEntropy, fitLogistic, logOdds, sigmoid, type Logistic } from '../../../core/logistic.ts';

/** A hidden state, shape [d], with its labels. */
export interface Anchor {
  readonly state: Vector;
  /** Share of the sampled answers that comply; `null` if all were empty. */
  readonly compliance: number | null;
  readonly harmless: boolean;
}

export interface Space {
  readonly mean: Vector;
  /** Orthonormal; the dimensions in which states move. */
  readonly axes: readonly Vector[];
  /** Log-odds of complying (f_r) and of being harmless (f_h), by position along the axes. */
  readonly compliance: Logistic;
  readonly harmlessness: Logistic;
}

const along = ({ mean, axes }: Pick<Space, 'mean' | 'axes'>, state: Vector): number[] => {
  const centered = plus(state, mean, -1);
  return axes.map((axis) => dot(axis, centered));
};

/** The first principal directions of the states, with both probes fitted along them. */
export function findSpace(anchors: readonly Anchor[], dimensions: number): Space {
  const mean = meanOf(anchors.map(({ state }) => state));
  const axes = principalDirections(
    anchors.map(({ state }) => plus(state, mean, -1)),
    dimensions,
  );
  const observed = anchors.filter(({ compliance }) => compliance !== null);
  const place = ({ state }: Anchor) => along({ mean, axes }, state);
  return {
    mean,
    axes,
    compliance:
      observed.length === 0
        ? { weights: axes.map(() => 0), bias: 0 }
        : fitLogistic(
            observed.map(place),
            observed.map(({ compliance }) => compliance!),
          ),
    harmlessness: fitLogistic(
      anchors.map(place),
      anchors.map(({ harmless }) => Number(harmless)),
    ),
  };
}

export interface Weights {
  /** Of the harmfulness probe; that of the compliance probe is 1. */
  readonly harm: number;
  /** Of staying in place in the other dimensions. */
  readonly stay: number;
}

/**
 * BCE(f_r(z) − f_r(z₀), y) + harm · BCE(f_h(z) − f_h(z₀), y) + stay · mean over the other dimensions of (z − z₀)², with
 * y = 1 for a harmless request and 0 for a harmful one; with its gradient with respect to the state, shape [d].
 */
export function moveLoss(
  space: Space,
  { state, start, harmless }: { readonly state: Vector; readonly start: Vector; readonly harmless: boolean },
  { harm, stay }: Weights,
): { readonly loss: number; readonly gradient: Float64Array } {
  const { axes, compliance, harmlessness } = space;
  const [z, z0] = [along(space, state), along(space, start)];
  const y = Number(harmless);
  const complianceChange = logOdds(compliance, z) - logOdds(compliance, z0);
  const harmlessnessChange = logOdds(harmlessness, z) - logOdds(harmlessness, z0);
  const shift = plus(state, start, -1);
  const others = axes.reduce<Float64Array>((rest, axis, k) => plus(rest, axis, z0[k]! - z[k]!), shift);
  const count = Math.max(1, state.length - axes.length);

  const slope = sigmoid(complianceChange) - y;
  const harmSlope = harm * (sigmoid(harmlessnessChange) - y);
  const gradient = axes.reduce<Float64Array>(
    (sum, axis, k) => plus(sum, axis, slope * compliance.weights[k]! + harmSlope * harmlessness.weights[k]!),
    scaled(others, (2 * stay) / count),
  );
  const loss =
    crossEntropy(complianceChange, y) +
    harm * crossEntropy(harmlessnessChange, y) +
    (stay * dot(others, others)) / count;
  return { loss, gradient };
}
