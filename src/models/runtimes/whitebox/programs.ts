/**
 * @file The compiled programs of a model, one layer each rather than the whole network: a deep model compiles as
 * fast as a shallow one, and memory is reused from layer to layer (jax-js frees nothing within a program).
 * Every program consumes its arguments.
 */
import { grad, jit, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { LlamaConfig } from '../../llama.ts';
import { layerBackward, layerSaving, type Saved } from './backward.ts';
import * as forward from './forward.ts';
import type { Arrays, Context, KeyValues, Prefix } from './forward.ts';
import * as head from './head.ts';
import type { Final } from './head.ts';

export type Programs = ReturnType<typeof createPrograms>;

export function createPrograms(config: LlamaConfig) {
  const negativeLogLikelihood = (
    final: Final,
    x: np.Array,
    positions: np.Array,
    targets: np.Array,
    weights: np.Array,
  ): np.Array => np.sum(head.targetLogProbs(config, final, x, positions, targets).mul(weights)).neg();

  const programs = {
    embed: jit((table: np.Array, ids: np.Array) => forward.embed(config, table, ids)),
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
      layerSaving(config, weights, x, context),
    ),
    layerBackward: jit((weights: Arrays, saved: Saved, context: Context, dOut: np.Array) =>
      layerBackward(config, weights, saved, context, dOut),
    ),
    /** Without the gradients of the weights. */
    layerBackwardInput: jit(
      (weights: Arrays, saved: Saved, context: Context, dOut: np.Array) =>
        layerBackward(config, weights, saved, context, dOut).dInput,
    ),
    /** Next-token logits at flat positions, [M, V]. */
    logits: jit((final: Final, x: np.Array, positions: np.Array) => {
      const [rows, length, width] = x.shape as [number, number, number];
      return head.logits(config, final, x.reshape([rows * length, width]).slice(positions));
    }),
    /** Only the gradient of x: for attacks, which leave the weights alone. */
    lossGradientInput: jit(
      (final: Final, x: np.Array, positions: np.Array, targets: np.Array, weights: np.Array) =>
        grad(negativeLogLikelihood, { argnums: 1 })(final, x, positions, targets, weights) as np.Array,
    ),
    /** Gradients of embeddings at flat positions [S] as gradients of one-hot rows: dX·Wᵀ, [S, V]. */
    vocabularyGradient: jit((dX: np.Array, positions: np.Array, embedding: np.Array) => {
      const [rows, length, width] = dX.shape as [number, number, number];
      return np.matmul(dX.reshape([rows * length, width]).slice(positions), embedding.transpose());
    }),
    /** Gradient of ⟨cotangent, normed x at a flat position⟩ with respect to x. */
    finalNormBackward: jit((norm: np.Array, x: np.Array, position: np.Array, cotangent: np.Array) => {
      const [rows, length, width] = x.shape as [number, number, number];
      const read = (y: np.Array) => {
        const at = y.reshape([rows * length, width]).slice(position);
        return np.sum(forward.rmsNorm(config, norm, at).mul(cotangent));
      };
      return grad(read)(x) as np.Array;
    }),
    /** All hidden states after the final norm. */
    finalNorm: jit((norm: np.Array, x: np.Array) => forward.rmsNorm(config, norm, x)),
    logProbs: jit((final: Final, x: np.Array, positions: np.Array, targets: np.Array) =>
      head.targetLogProbs(config, final, x, positions, targets),
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
    /** Gradient of the table, from that of the first layer's input. */
    embedBackward: jit((table: np.Array, ids: np.Array, dX: np.Array) => {
      const [, gradient] = valueAndGrad((t: np.Array) => np.sum(forward.embed(config, t, ids).mul(dX)))(
        table,
      ) as [np.Array, np.Array];
      return gradient;
    }),
  };
  return {
    ...programs,
    dispose: () => Object.values(programs).forEach((program) => program.dispose()),
  };
}
