import { expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { divergence, entropy } from '../../../src/models/decoding/measures.ts';
import { logSoftmax } from '../../../src/models/decoding/sampler.ts';

const logs = (...shares: readonly number[]) => Float32Array.from(shares, Math.log);
const random = createRandom('measures');
const drawn = (size: number) => logSoftmax(Float32Array.from({ length: size }, () => 3 * random.normal()));

test('the entropy of a certain token is 0, of V equal ones log V, and excluded tokens change nothing', () => {
  expect(entropy(logs(1, 0, 0))).toBe(0);
  expect(entropy(logs(0.25, 0.25, 0.25, 0.25))).toBeCloseTo(Math.log(4), 6);
  expect(entropy(logs(0.5, 0, 0.5))).toBeCloseTo(Math.log(2), 6);
});

// By hand: 0.5 ln(0.5/0.9) + 0.5 ln(0.5/0.1) = 0.5108 nats; the other way round 0.3681.
test('the divergence of two coins is what it is by hand, and depends on the direction', () => {
  expect(divergence(logs(0.5, 0.5), logs(0.9, 0.1))).toBeCloseTo(0.5108, 4);
  expect(divergence(logs(0.9, 0.1), logs(0.5, 0.5))).toBeCloseTo(0.3681, 4);
});

test('a distribution is at distance 0 from itself alone, and infinitely far from one that excludes it', () => {
  for (let i = 0; i < 20; i++) {
    const [p, q] = [drawn(50), drawn(50)];
    expect(divergence(p, p)).toBe(0);
    expect(divergence(p, q)).toBeGreaterThan(0);
  }
  expect(divergence(logs(0.5, 0.5), logs(1, 0))).toBe(Infinity);
  expect(divergence(logs(1, 0), logs(0.5, 0.5))).toBeCloseTo(Math.log(2), 6);
});
