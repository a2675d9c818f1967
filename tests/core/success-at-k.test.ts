import { expect, test } from 'vitest';
import { successAtK } from '../../src/core/success-at-k.ts';

test('success at k is the share of k-subsets with a success', () => {
  // 1 − C(3, 2) / C(5, 2) = 1 − 3/10
  expect(successAtK({ tries: 5, successes: 2 }, 2)).toBeCloseTo(0.7);
  expect(successAtK({ tries: 5, successes: 2 }, 1)).toBeCloseTo(0.4);
  expect(successAtK({ tries: 5, successes: 2 }, 4)).toBe(1);
  expect(successAtK({ tries: 5, successes: 0 }, 5)).toBe(0);
  expect(() => successAtK({ tries: 5, successes: 2 }, 6)).toThrow(RangeError);
  // Large counts stay finite where the binomials would not.
  expect(successAtK({ tries: 10_000, successes: 10 }, 5000)).toBeCloseTo(1 - 2 ** -10, 3);
});
