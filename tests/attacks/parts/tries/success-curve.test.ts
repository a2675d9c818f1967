import { expect, test } from 'vitest';
import {
  fitSuccessCurve,
  successAtK,
  successCurve,
} from '../../../../src/attacks/parts/tries/success-curve.ts';

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

test('the success curve never falls, and its law has a negative exponent', () => {
  const behaviors = Array.from({ length: 20 }, (_, i) => ({ tries: 64, successes: i }));
  const curve = successCurve(behaviors);
  expect(curve.map(({ k }) => k)).toEqual([1, 2, 4, 8, 16, 32, 64]);
  expect(curve.map(({ rate }) => rate)).toEqual(curve.map(({ rate }) => rate).toSorted((a, b) => a - b));
  const law = fitSuccessCurve(behaviors.slice(1))!;
  expect(law.exponent).toBeLessThan(0);
  expect(fitSuccessCurve([{ tries: 64, successes: 0 }])).toBeNull();
  expect(successCurve([])).toEqual([]);
});
