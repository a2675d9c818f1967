/**
 * @file The output head, after the last layer: logits, and log-probs of targets. Shapes and ownership are those of `forward.ts`.
 */
import { lax, numpy as np } from '@jax-js/jax';
import type { LlamaConfig } from '../../llama.ts';
import { rmsNorm, type Arrays } from './forward.ts';

/** The weights after the last layer: `norm` [d] and `head` [V, d]. */
export interface Final extends Arrays {
  readonly norm: np.Array;
  readonly head: np.Array;
}

/** x: [.., d] → next-token logits [.., V] */
export const logits = (config: LlamaConfig, { norm, head }: Final, x: np.Array): np.Array =>
  np.matmul(rmsNorm(config, norm, x), head.ref.transpose());

/**
 * Log-probs of `targets` [M] at `positions` [M], flat indices into the B·T positions of x: [B, T, d].
 * If M is the number of positions, they must be all of them, in order.
 * The target's logit is a dot product with its row of the head, not a gather from the logits: its gradient then
 * touches M rows of the head instead of an [M, V] array.
 */
export function targetLogProbs(
  config: LlamaConfig,
  final: Final,
  x: np.Array,
  positions: np.Array,
  targets: np.Array,
): np.Array {
  const [rows, length, width] = x.shape as [number, number, number];
  const count = targets.size;
  const flat = x.reshape([rows * length, width]);
  const inPlace = count === rows * length;
  if (inPlace) positions.dispose();
  const scored = rmsNorm(config, final.norm, inPlace ? flat : flat.slice(positions));
  const all = np.matmul(scored.ref, final.head.ref.transpose());
  const max = lax.stopGradient(np.max(all.ref, -1, { keepdims: true }));
  const normalizers = np.log(np.sum(np.exp(all.sub(max.ref)), -1)).add(max.reshape([count]));
  return np.sum(scored.mul(final.head.ref.slice(targets)), -1).sub(normalizers);
}
