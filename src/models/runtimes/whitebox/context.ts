/** @file Positions as arrays: rotary tables and attention masks, computed on the host. */
import type { numpy as np } from '@jax-js/jax';
import type { LlamaConfig } from '../../llama.ts';
import { float32 } from './device.ts';
import type { Context } from './forward.ts';

/** Large enough to vanish in a softmax, small enough that a row of nothing else stays finite. */
export const masked = -1e9;

/**
 * Rotary tables in Hugging Face's rotate-half convention, [rows, 1, T, D].
 * The sine of the first half is negated, so that rotation is `x·cos + swapHalves(x)·sin`.
 * @param positions row-major, [rows, T]
 */
export function rotaryTables(
  config: LlamaConfig,
  positions: ArrayLike<number>,
  rows: number,
): { cos: np.Array; sin: np.Array } {
  const { headDim } = config;
  const half = headDim / 2;
  const cos = new Float32Array(positions.length * headDim);
  const sin = new Float32Array(cos.length);
  for (let p = 0; p < positions.length; p++)
    for (let i = 0; i < half; i++) {
      const angle = positions[p]! * config.ropeTheta ** (-i / half);
      const at = p * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = -Math.sin(angle);
      sin[at + half] = Math.sin(angle);
    }
  const shape = [rows, 1, positions.length / rows, headDim];
  return { cos: float32(cos, shape), sin: float32(sin, shape) };
}

/**
 * Every row at positions `start`, `start + 1` … `start + length − 1`, seeing its own earlier positions.
 * Rows are padded on the right, where causal order hides the padding, so that they need no mask of their own.
 */
export function causalContext(config: LlamaConfig, length: number, start = 0): Context {
  const rows = (config.heads / config.kvHeads) * length;
  const bias = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++)
    bias.fill(masked, row * length + (row % length) + 1, (row + 1) * length);
  const positions = Float64Array.from({ length }, (_, i) => start + i);
  return { ...rotaryTables(config, positions, 1), bias: float32(bias, [1, 1, rows, length]) };
}

/** One new position per row, which sees the cache up to and including itself. */
export function decodeContext(
  config: LlamaConfig,
  positions: readonly number[],
  capacity: number,
): { context: Context; write: np.Array } {
  const rows = positions.length;
  const bias = new Float32Array(rows * capacity);
  const write = new Float32Array(rows * capacity);
  positions.forEach((position, row) => {
    bias.fill(masked, row * capacity + position + 1, (row + 1) * capacity);
    write[row * capacity + position] = 1;
  });
  return {
    context: { ...rotaryTables(config, positions, rows), bias: float32(bias, [rows, 1, 1, capacity]) },
    write: float32(write, [rows, 1, capacity, 1]),
  };
}

/** [1, 1, 1, width]: the first `length` positions are real. */
export const prefixBias = (length: number, width: number): np.Array =>
  float32(new Float32Array(width).fill(masked, length), [1, 1, 1, width]);
