/** @file The moves of greedy coordinate gradient: rank the swaps by gradient, then draw some of them. */
import type { Random } from '../../../core/random.ts';
import { topIds } from '../../../models/decoding/sampler.ts';

/**
 * For every position, the ids whose swap the gradient ranks best.
 * @param gradient row-major, shape [S, V]
 * @param ids the span as it stands, shape [S]; the current id of a position is never among its swaps
 * @returns shape [S, ≤ topK], best first
 */
export function rankSwaps(
  gradient: Float32Array,
  ids: readonly number[],
  allowed: readonly number[],
  topK: number,
): number[][] {
  const vocabSize = gradient.length / ids.length;
  return ids.map((current, position) => {
    const promise = new Float32Array(vocabSize).fill(-Infinity);
    for (const id of allowed) if (id < vocabSize) promise[id] = -gradient[position * vocabSize + id]!;
    promise[current] = -Infinity;
    return topIds(promise, topK).filter((id) => promise[id]! > -Infinity);
  });
}

/** `ids` with `replacements` distinct positions swapped, each for a uniform draw from its ranked swaps. */
export function drawSwap(
  ids: readonly number[],
  swaps: readonly (readonly number[])[],
  replacements: number,
  random: Random,
): number[] {
  const swappable = [...ids.keys()].filter((position) => swaps[position]!.length > 0);
  const chosen = random.sample(swappable, Math.min(replacements, swappable.length));
  return ids.map((id, position) => (chosen.includes(position) ? random.pick(swaps[position]!) : id));
}

/** `ids` with one position swapped: the `index`-th of `count` candidates, to whom positions are dealt in turn. */
export function dealSwap(
  ids: readonly number[],
  swaps: readonly (readonly number[])[],
  [index, count]: readonly [index: number, count: number],
  random: Random,
): number[] {
  const dealt = Math.floor((index * ids.length) / count);
  const choices = swaps[dealt]!;
  return choices.length === 0 ? [...ids] : ids.toSpliced(dealt, 1, random.pick(choices));
}

/** Add gradients up, each with its rows scaled to length 1, so that none outweighs the others. */
export function sumOfNormalized(gradients: readonly Float32Array[], rows: number): Float32Array {
  const sum = new Float32Array(gradients[0]?.length ?? 0);
  const width = sum.length / rows;
  for (const gradient of gradients)
    for (let row = 0; row < rows; row++) {
      const values = gradient.subarray(row * width, (row + 1) * width);
      const norm = Math.sqrt(values.reduce((total, value) => total + value * value, 0)) || 1;
      values.forEach((value, i) => (sum[row * width + i]! += value / norm));
    }
  return sum;
}

/** How far the gradient predicts the loss could fall by the best swap at each position; nats per token. */
export function predictedGains(
  gradient: Float32Array,
  ids: readonly number[],
  swaps: readonly (readonly number[])[],
): number[] {
  const vocabSize = gradient.length / ids.length;
  return ids.map((id, position) => {
    const best = swaps[position]![0];
    const at = (token: number) => gradient[position * vocabSize + token]!;
    return best === undefined ? 0 : Math.max(0, at(id) - at(best));
  });
}
