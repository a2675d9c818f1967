/**
 * @file The compiled programs of a model, one layer each rather than the whole network: a deep model compiles as
 * fast as a shallow one, and memory is reused from layer to layer (jax-js frees nothing within a program).
 * Every program consumes its arguments.
 */
import { jit, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { LlamaConfig } from '../../llama.ts';
import * as forward from './forward.ts';
import type { Arrays, Context, Final, KeyValues, Prefix, Saved } from './forward.ts';

export type Programs = ReturnType<typeof createPrograms>;

export function createPrograms(config: LlamaConfig) {
  const negativeLogLikelihood = (
    final: Final,
    x: np.Array,
    positions: np.Array,
    targets: np.Array,
    weights: np.Array,
  ): np.Array => np.sum(forward.targetLogProbs(config, final, x, positions, targets).mul(weights)).neg();

  const programs = {
    embed: jit((table: np.Array, ids: np.Array) => table.slice(ids)),
    layer: jit((weights: Arrays, x: np.Array, context: Context) =>
      forward.layer(config, weights, x, context),
    ),
    layerAfterPrefix: jit((weights: Arrays, x: np.Array, context: Context, prefix: Prefix) => {
      const { x: out, keys, values } = forward.layer(config, weights, x, context, prefix);
      keys.dispose();
      values.dispose();
      return out;
    }),
    decodeLayer: jit((weights: Arrays, x: np.Array, context: Context, write: np.Array, cache: KeyValues) =>
      forward.decodeLayer(config, weights, x, context, write, cache),
    ),
    layerSaving: jit((weights: Arrays, x: np.Array, context: Context) =>
      forward.layerSaving(config, weights, x, context),
    ),
    layerBackward: jit((weights: Arrays, saved: Saved, context: Context, dOut: np.Array) =>
      forward.layerBackward(config, weights, saved, context, dOut),
    ),
    /** Without the gradients of the weights. */
    layerBackwardInput: jit(
      (weights: Arrays, saved: Saved, context: Context, dOut: np.Array) =>
        forward.layerBackward(config, weights, saved, context, dOut).dInput,
    ),
    /** Next-token logits at flat positions, [M, V]. */
    logits: jit((final: Final, x: np.Array, positions: np.Array) => {
      const [rows, length, width] = x.shape as [number, number, number];
      return forward.logits(config, final, x.reshape([rows * length, width]).slice(positions));
    }),
    /** All hidden states after the final norm. */
    finalNorm: jit((norm: np.Array, x: np.Array) => forward.rmsNorm(x, norm, config.rmsNormEps)),
    logProbs: jit((final: Final, x: np.Array, positions: np.Array, targets: np.Array) =>
      forward.targetLogProbs(config, final, x, positions, targets),
    ),
    /** −Σ weight·log-prob */
    loss: jit(negativeLogLikelihood),
    /** The loss with its gradients: [loss, [final, x]]. */
    lossGradients: jit(
      (final: Final, x: np.Array, positions: np.Array, targets: np.Array, weights: np.Array) =>
        valueAndGrad(negativeLogLikelihood, { argnums: [0, 1] })(final, x, positions, targets, weights) as [
          np.Array,
          [Final, np.Array],
        ],
    ),
    /** Adds the rows of dX to the rows of a zero table that `ids` name. */
    embedBackward: jit((table: np.Array, ids: np.Array, dX: np.Array) => {
      const [, gradient] = valueAndGrad((t: np.Array) => np.sum(t.slice(ids).mul(dX)))(table) as [
        np.Array,
        np.Array,
      ];
      return gradient;
    }),
  };
  return {
    ...programs,
    dispose: () => Object.values(programs).forEach((program) => program.dispose()),
  };
}
