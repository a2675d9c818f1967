/** @file Weighted random draws. */
import type { Random } from '../../core/random.ts';
import { topIds } from '../../models/decoding/sampler.ts';

/** `count` distinct ids of `allowed`, drawn by the softmax of `logits` / `temperature`, with the Gumbel top-k trick. */
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

/** Softmax of `scores`. A score of −∞ has no chance, unless all are −∞. */
export function rouletteChances(scores: readonly number[]): readonly number[] {
  const highest = Math.max(...scores);
  if (highest === -Infinity) return scores.map(() => 1 / scores.length);
  const weights = scores.map((score) => Math.exp(score - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** An index drawn by `chances`, which add up to 1. */
export function drawBy(chances: readonly number[], random: Random): number {
  let left = random.next();
  for (const [index, chance] of chances.entries()) {
    left -= chance;
    if (left < 0) return index;
  }
  return chances.findLastIndex((chance) => chance > 0);
}
