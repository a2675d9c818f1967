import { describe, expect, test } from 'vitest';
import { drawBy, drawDistinct, rouletteChances } from '../../../src/attacks/parts/draws.ts';
import { createRandom } from '../../../src/core/random.ts';

describe('a roulette', () => {
  // Golden vectors: softmax of (−1, −2, −3).
  test('is a softmax of scores', () => {
    const chances = rouletteChances([-1, -2, -3]);
    for (const [i, expected] of [0.6652, 0.2447, 0.09].entries()) expect(chances[i]).toBeCloseTo(expected, 4);
    expect(rouletteChances([-1, -Infinity])).toEqual([1, 0]);
  });
  test('draws follow their chances (chi-squared, 2 degrees of freedom, p = 0.001)', () => {
    const random = createRandom('roulette');
    const chances = rouletteChances([-1, -2, -3]);
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) counts[drawBy(chances, random)]!++;
    const chi = counts.reduce((sum, n, i) => sum + (n - 3000 * chances[i]!) ** 2 / (3000 * chances[i]!), 0);
    expect(chi).toBeLessThan(13.8);
  });
});

describe('draws without replacement', () => {
  const logits = Float32Array.of(Math.log(0.6), Math.log(0.3), Math.log(0.1), 5);
  test('are distinct, within what is allowed, and as many as there are', () => {
    const random = createRandom('distinct');
    expect(drawDistinct(logits, [0, 1, 2], 9, 1, random).sort()).toEqual([0, 1, 2]);
    expect(drawDistinct(logits, [0, 1, 2], 2, 1, random)).toHaveLength(2);
  });
  test('come first in proportion to their probability, more sharply at a low temperature', () => {
    const random = createRandom('often');
    const first = (temperature: number) =>
      Array.from({ length: 2000 }, () => drawDistinct(logits, [0, 1, 2], 1, temperature, random)[0]).filter(
        (id) => id === 0,
      ).length / 2000;
    expect(first(1)).toBeCloseTo(0.6, 1);
    expect(first(0.25)).toBeGreaterThan(0.9);
  });
});
