import { expect, test } from 'vitest';
import { fitPowerLaw } from '../../../src/attacks/parts/power-law.ts';

test('an exact power law is recovered', () => {
  const law = fitPowerLaw([1, 2, 4, 8, 16].map((x) => [x, 3 * x ** -0.4]))!;
  expect(law.scale).toBeCloseTo(3);
  expect(law.exponent).toBeCloseTo(-0.4);
  expect(law.rSquared).toBeCloseTo(1);
});

test('nothing is fitted to fewer than two usable points', () => {
  expect(fitPowerLaw([])).toBeNull();
  expect(fitPowerLaw([[1, 2]])).toBeNull();
  expect(fitPowerLaw([[2, 1], [2, 3]])).toBeNull(); // prettier-ignore
  expect(fitPowerLaw([[1, 2], [2, 0], [4, Infinity], [0, 1]])).toBeNull(); // prettier-ignore
});
