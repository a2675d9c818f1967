import { expect, test } from 'vitest';
import { fitSuccessCurve, successCurve } from '../../../../src/attacks/parts/tries/success-curve.ts';

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
