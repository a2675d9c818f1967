import { describe, expect, test } from 'vitest';
import { auroc, mcNemar, mean, rateOf, wilson } from '../../src/core/statistics.ts';

describe('wilson', () => {
  // Shares of 50 with their 95% intervals, as computed for the stored runs of AISafetyLab; per cent, one decimal.
  test.each([
    [16, [20.8, 45.8]],
    [32, [50.1, 75.9]],
    [41, [69.2, 90.2]],
    [46, [81.2, 96.8]],
  ])('%i of 50', (successes, expected) => {
    expect(wilson(successes, 50).map((bound) => Math.round(bound * 1000) / 10)).toEqual(expected);
  });
  test('stays within 0 and 1 at the ends', () => {
    expect(wilson(0, 20)[0]).toBe(0);
    expect(wilson(20, 20)[1]).toBe(1);
    expect(wilson(0, 20)[1]).toBeGreaterThan(0);
  });
  test('holds the share and narrows with n', () => {
    const width = (n: number) => wilson(n / 4, n)[1] - wilson(n / 4, n)[0];
    expect(width(400)).toBeLessThan(width(40));
    expect(wilson(10, 40)[0]).toBeLessThan(0.25);
    expect(wilson(10, 40)[1]).toBeGreaterThan(0.25);
  });
  test.each([
    [1, 0],
    [-1, 5],
    [6, 5],
    [Number.NaN, 5],
  ])('refuses %d of %d', (successes, n) => {
    expect(() => wilson(successes, n)).toThrow(RangeError);
  });
});

describe('rateOf', () => {
  test('keeps what could not be told out of the denominator', () => {
    expect(rateOf([true, false, null, true])).toMatchObject({ n: 4, scored: 3, successes: 2, rate: 2 / 3 });
  });
  test('has no rate and no interval when nothing was scored', () => {
    expect(rateOf([null, null])).toEqual({ n: 2, scored: 0, successes: 0, rate: null, interval: null });
    expect(rateOf([]).rate).toBeNull();
  });
});

test('mean of a typed array', () => {
  expect(mean(Float32Array.of(1, 2, 6))).toBe(3);
});

describe('the area under the ROC curve', () => {
  test('is the share of pairs in the right order, ties counting half', () => {
    expect(auroc([3, 2], [1, 2])?.area).toBe(0.875);
    expect(auroc([1], [0])?.area).toBe(1);
    expect(auroc([0.5, 0.5], [0.5])?.area).toBe(0.5);
  });
  test('has an interval that holds it and narrows with more scores', () => {
    const width = (times: number) => {
      const { interval } = auroc(
        Array.from({ length: times }, () => [3, 2]).flat(),
        Array.from({ length: times }, () => [1, 2]).flat(),
      )!;
      return interval[1] - interval[0];
    };
    expect(width(20)).toBeLessThan(width(2));
  });
  test('has an interval where nothing overlaps too', () => {
    const scores = (count: number, score: number) => new Array<number>(count).fill(score);
    // Newcombe's method 5, solved on a grid of two million areas.
    const perfect = auroc(scores(10, 1), scores(100, 0))!.interval;
    expect(perfect[0]).toBeCloseTo(0.89132, 5);
    expect(perfect[1]).toBe(1);
    const inverted = auroc(scores(100, 0), scores(10, 1))!.interval;
    expect(inverted[0]).toBe(0);
    expect(inverted[1]).toBeCloseTo(1 - 0.89132, 5);
    const partly = auroc([...scores(10, 3), ...scores(10, 2)], [...scores(10, 1), ...scores(10, 2)])!;
    expect(partly.area).toBe(0.875);
    expect(partly.interval[0]).toBeCloseTo(0.71459, 5);
    expect(partly.interval[1]).toBeCloseTo(0.94786, 5);
  });
  test('cannot be told without scores on both sides', () => {
    expect(auroc([], [1])).toBeNull();
  });
});

describe("McNemar's exact test", () => {
  // By hand, 2 · (1 + 10) / 2¹⁰ and 2 / 2⁶; the last is the approval survey in Agresti, Categorical Data Analysis (1990),
  // p. 350, with the p-value that R's exact2x2::mcnemar.exact gives.
  test.each([
    [1, 9, 0.021484375],
    [9, 1, 0.021484375],
    [0, 6, 0.03125],
    [150, 86, 3.716e-5],
  ])('%i against %i', (onlyFirst, onlySecond, p) => {
    expect(mcNemar(onlyFirst, onlySecond) / p).toBeCloseTo(1, 3);
  });
  test('finds nothing where nothing differs, or evenly', () => {
    expect(mcNemar(0, 0)).toBe(1);
    expect(mcNemar(7, 7)).toBe(1);
  });
  test('survives thousands of pairs', () => {
    // Binomial tail at 1/2 in exact integers, Python's math.comb.
    expect(mcNemar(2000, 2100)).toBeCloseTo(0.12206497999, 8);
  });
});
