import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import {
  argmax,
  divergence,
  entropy,
  logSoftmax,
  logSumExp,
  sample,
  summarize,
  topIds,
} from '../../../src/models/decoding/sampler.ts';

const logits = Float32Array.of(1, 3, 2, 3, -Infinity);
const draws = (count: number, topP: number, temperature = 1, values = logits) => {
  const random = createRandom('draws');
  return Array.from({ length: count }, () => sample(values, { temperature, topP }, random));
};
const shares = (ids: readonly number[]) =>
  logits.map((_, id) => ids.filter((drawn) => drawn === id).length / ids.length);

describe('log-softmax', () => {
  test('sums to one and keeps differences', () => {
    const values = logSoftmax(logits);
    expect(values.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 6);
    expect(values[1]! - values[0]!).toBeCloseTo(2, 6);
  });
  test('handles large values, and a vocabulary that is excluded entirely', () => {
    expect(logSumExp(Float32Array.of(1e4, 1e4))).toBeCloseTo(1e4 + Math.log(2), 2);
    expect(logSumExp(Float32Array.of(-Infinity, -Infinity))).toBe(-Infinity);
  });
});

describe('ties', () => {
  test('the greedy choice is the lowest id', () => expect(argmax(logits)).toBe(1));
  test('the top list is ordered by value, then id', () => expect(topIds(logits, 4)).toEqual([1, 3, 2, 0]));
  test('the top list is no longer than the vocabulary', () => expect(topIds(logits, 99)).toHaveLength(5));
});

describe('sampling', () => {
  test('follows the distribution', () => {
    const expected = logSoftmax(logits).map(Math.exp);
    shares(draws(4000, 1)).forEach((share, id) => expect(Math.abs(share - expected[id]!)).toBeLessThan(0.03));
  });
  test('never draws an excluded token', () => expect(draws(2000, 1)).not.toContain(4));
  test('keeps the smallest set whose mass reaches topP', () => {
    // Masses 0.054, 0.399, 0.147, 0.399: two tokens reach 0.7, three are needed for 0.9.
    const values = Float32Array.of(0, 2, 1, 2, -Infinity);
    expect(new Set(draws(500, 0.7, 1, values))).toEqual(new Set([1, 3]));
    expect(new Set(draws(500, 0.9, 1, values))).toEqual(new Set([1, 2, 3]));
  });
  test('with a tiny topP is greedy', () => expect(new Set(draws(100, 1e-6))).toEqual(new Set([1])));
  test('a low temperature sharpens, a high one flattens', () => {
    const likeliest = (temperature: number) => shares(draws(2000, 1, temperature))[2]!;
    expect(likeliest(0.25)).toBeLessThan(likeliest(1));
    expect(likeliest(1)).toBeLessThan(likeliest(10));
  });
});

describe('entropy and divergence', () => {
  const logs = (...shares: readonly number[]) => Float32Array.from(shares, Math.log);
  const random = createRandom('measures');
  const randomLogProbs = (size: number) =>
    logSoftmax(Float32Array.from({ length: size }, () => 3 * random.normal()));

  test('the entropy of a certain token is 0, of V equal ones log V, and excluded tokens change nothing', () => {
    expect(entropy(logs(1, 0, 0))).toBe(0);
    expect(entropy(logs(0.25, 0.25, 0.25, 0.25))).toBeCloseTo(Math.log(4), 6);
    expect(entropy(logs(0.5, 0, 0.5))).toBeCloseTo(Math.log(2), 6);
  });

  // By hand: 0.5 ln(0.5/0.9) + 0.5 ln(0.5/0.1) = 0.5108 nats; 0.3681 in the other direction.
  test('the divergence of two coins is as computed by hand, and depends on the direction', () => {
    expect(divergence(logs(0.5, 0.5), logs(0.9, 0.1))).toBeCloseTo(0.5108, 4);
    expect(divergence(logs(0.9, 0.1), logs(0.5, 0.5))).toBeCloseTo(0.3681, 4);
  });

  test('the divergence is 0 only from the same distribution, and infinite if a token is excluded', () => {
    for (let i = 0; i < 20; i++) {
      const [p, q] = [randomLogProbs(50), randomLogProbs(50)];
      expect(divergence(p, p)).toBe(0);
      expect(divergence(p, q)).toBeGreaterThan(0);
    }
    expect(divergence(logs(0.5, 0.5), logs(1, 0))).toBe(Infinity);
    expect(divergence(logs(1, 0), logs(0.5, 0.5))).toBeCloseTo(Math.log(2), 6);
  });
});

test('a summary in one pass has the numbers of the measures apart, to the last bit', () => {
  const random = createRandom('summary');
  for (let round = 0; round < 50; round++) {
    // Few values, so that there are ties; some tokens are excluded.
    const values = Float32Array.from({ length: 60 }, () =>
      random.next() < 0.1 ? -Infinity : random.integer(12) * 0.7 - 3,
    );
    const logProbs = logSoftmax(values);
    for (const count of [1, 5, 100]) {
      const { normalizer, top, entropy: spread } = summarize(values, count);
      expect(normalizer).toBe(logSumExp(values));
      expect(top).toEqual(topIds(logProbs, count).map((id) => ({ id, logProb: logProbs[id] })));
      expect(spread).toBe(entropy(logProbs));
    }
  }
});
