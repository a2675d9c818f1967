import { describe, expect, test } from 'vitest';
import { meanOf, pairedRatioOf } from '../../src/core/means.ts';

// Extra hours of sleep with two drugs (Student, 1908), R's data set `sleep`.
const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

describe('the interval of a mean', () => {
  // Two-sided 95 % points of Student's t from any printed table, by degrees of freedom.
  test.each([
    [2, 4.303],
    [3, 3.182],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
  ])('is %i degrees of freedom wide', (degrees, t) => {
    const values = Array.from({ length: degrees + 1 }, (_, i) => i);
    const n = values.length;
    const error = Math.sqrt(((n ** 2 - 1) * n) / 12 / (n - 1) / n);
    const { value, interval } = meanOf(values);
    expect((interval![1] - value) / error / t).toBeCloseTo(1, 1.8);
  });
  test('is a point where nothing varies, and unknown for one or two values that do', () => {
    expect(meanOf([3, 3, 3])).toEqual({ value: 3, interval: [3, 3] });
    expect(meanOf([3])).toEqual({ value: 3, interval: null });
    expect(meanOf([3, 4])).toEqual({ value: 3.5, interval: null });
  });
});

test('differences of pairs have the interval of the paired test', () => {
  const { value, interval } = meanOf(first.map((hours, i) => hours - second[i]!));
  expect(value).toBeCloseTo(-1.58, 10);
  // R: t.test(Pair(extra[group == 1], extra[group == 2]) ~ 1, data = sleep)
  expect(interval![0]).toBeCloseTo(-2.4598858, 3);
  expect(interval![1]).toBeCloseTo(-0.7001142, 3);
});

test('a ratio of pairs does not depend on the unit, and is certain where every pair has it', () => {
  const pairs = second.map((hours, i) => [hours + 10, first[i]! + 10] as const);
  const { value, interval } = pairedRatioOf(pairs);
  expect(value).toBeCloseTo(12.33 / 10.75, 10);
  expect(interval![0]).toBeLessThan(value);
  expect(interval![1]).toBeGreaterThan(value);
  const minutes = pairedRatioOf(pairs.map(([slow, fast]) => [slow * 60, fast * 60] as const));
  expect(minutes.interval![0]).toBeCloseTo(interval![0], 10);
  const twice = pairedRatioOf([1, 2, 4, 8].map((value) => [2 * value, value] as const));
  expect(twice).toEqual({ value: 2, interval: [2, 2] });
});
