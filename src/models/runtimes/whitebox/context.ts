/** @file Positions as arrays: rotary tables and attention masks, computed on the host. */
import type { numpy as np } from '@jax-js/jax';
import { attentionKinds, type AttentionKind } from '../../llama-family.ts';
import type { LlamaConfig } from '../../llama.ts';
import { ropeFrequencies, type Rope } from '../../rope.ts';
import { float32 } from './device.ts';
import type { Context } from './forward.ts';

/** One context for each of `attentionKinds`. */
export type Contexts = readonly Context[];

/** Large enough to vanish in a softmax, small enough that a row of nothing else stays finite. */
export const masked = -1e9;

/**
 * Rotary tables in Hugging Face's rotate-half convention, [rows, 1, T, D].
 * The sine of the first half is negated, so that rotation is `x·cos + swapHalves(x)·sin`.
 * @param positions row-major, [rows, T]
 */
export function rotaryTables(
  rope: Rope,
  headDim: number,
  positions: ArrayLike<number>,
  rows: number,
): { cos: np.Array; sin: np.Array } {
  const half = headDim / 2;
  const frequencies = ropeFrequencies(rope, headDim);
  const cos = new Float32Array(positions.length * headDim);
  const sin = new Float32Array(cos.length);
  for (let p = 0; p < positions.length; p++)
    for (let i = 0; i < half; i++) {
      const angle = positions[p]! * frequencies[i]!;
      const at = p * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = -Math.sin(angle);
      sin[at + half] = Math.sin(angle);
    }
  const shape = [rows, 1, positions.length / rows, headDim];
  return { cos: float32(cos, shape), sin: float32(sin, shape) };
}

/** Positions before this one that a query at `position` does not see, because its window ends. */
const hiddenBefore = ({ window }: AttentionKind, position: number): number =>
  window === null ? 0 : Math.max(0, position + 1 - window);

/**
 * Every row at positions `start`, `start + 1` … `start + length − 1`, seeing its own earlier positions.
 * Rows are padded on the right, where causal order hides the padding, so that they need no mask of their own.
 */
export function causalContexts(config: LlamaConfig, length: number, start = 0): Contexts {
  const rows = (config.heads / config.kvHeads) * length;
  const positions = Float64Array.from({ length }, (_, i) => start + i);
  return attentionKinds(config).map((kind) => {
    const bias = new Float32Array(rows * length);
    for (let row = 0; row < rows; row++) {
      const at = row % length;
      bias.fill(masked, row * length, row * length + hiddenBefore(kind, at));
      bias.fill(masked, row * length + at + 1, (row + 1) * length);
    }
    const tables = rotaryTables(kind.rope, config.headDim, positions, 1);
    return { ...tables, bias: float32(bias, [1, 1, rows, length]) };
  });
}

/** One new position per row, which sees the cache up to and including itself. */
export function decodeContexts(
  config: LlamaConfig,
  positions: readonly number[],
  capacity: number,
): { contexts: Contexts; write: np.Array } {
  const rows = positions.length;
  const write = new Float32Array(rows * capacity);
  positions.forEach((position, row) => (write[row * capacity + position] = 1));
  const contexts = attentionKinds(config).map((kind) => {
    const bias = new Float32Array(rows * capacity);
    positions.forEach((position, row) => {
      bias.fill(masked, row * capacity, row * capacity + hiddenBefore(kind, position));
      bias.fill(masked, row * capacity + position + 1, (row + 1) * capacity);
    });
    const tables = rotaryTables(kind.rope, config.headDim, positions, rows);
    return { ...tables, bias: float32(bias, [rows, 1, 1, capacity]) };
  });
  return { contexts, write: float32(write, [rows, 1, capacity, 1]) };
}

/**
 * What queries at `length`, `length + 1` … see of a prefix of `length` positions, stored in arrays of `width`; one for
 * each of `attentionKinds`, [1, 1, G·T or 1, width].
 * @param queries T, the number of positions after the prefix
 */
export function prefixBiases(
  config: LlamaConfig,
  length: number,
  width: number,
  queries: number,
): readonly np.Array[] {
  return attentionKinds(config).map((kind) => {
    const rows = kind.window === null ? 1 : (config.heads / config.kvHeads) * queries;
    const bias = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      bias.fill(
        masked,
        row * width,
        row * width + Math.min(width, hiddenBefore(kind, length + (row % queries))),
      );
      bias.fill(masked, row * width + length, (row + 1) * width);
    }
    return float32(bias, [1, 1, rows, width]);
  });
}
