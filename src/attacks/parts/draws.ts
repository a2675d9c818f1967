/** @file Draws of several tokens at once. */
import type { Random } from '../../core/random.ts';
import { topIds } from '../../models/decoding/sampler.ts';

/** `count` distinct ids drawn by the softmax of `logits` / `temperature` over `allowed`: the Gumbel top-k. */
export function drawDistinct(
  logits: Float32Array,
  allowed: readonly number[],
  count: number,
  temperature: number,
  random: Random,
): number[] {
  const keys = new Float32Array(logits.length).fill(-Infinity);
  for (const id of allowed) keys[id] = logits[id]! / temperature - Math.log(-Math.log(1 - random.next()));
  return topIds(keys, count).filter((id) => keys[id]! > -Infinity);
}
