/** @file What a computation takes of the device's memory beside the weights, known before it starts. */
import type { LlamaConfig } from '../../llama.ts';

/** More than this is not kept for the backward pass: each layer is then computed again, which takes a third longer. */
export const savedBytesAllowed = 2 ** 29;

/** Bytes that the forward pass of all layers keeps for the backward pass of `rows` × `length` positions. */
export function savedBytes(config: LlamaConfig, rows: number, length: number): number {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, layers } = config;
  const perPosition =
    2 * hiddenSize + 2 * intermediateSize + 2 * heads * headDim + 2 * kvHeads * headDim + heads * length;
  return 4 * layers * rows * length * perPosition;
}
