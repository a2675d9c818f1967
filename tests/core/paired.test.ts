import { describe, expect, test } from 'vitest';
import { holm, itemsNeeded, pairedDifference } from '../../src/core/paired.ts';
import { mcNemar } from '../../src/core/statistics.ts';

describe('the paired bootstrap', () => {
  // Quantiles of 400,000 resamples drawn with NumPy. The first are those of a binomial of 30 draws at 0.2.
  test.each([
    [30, 6, 0, 2, 11],
    [50, 12, 3, 2, 16],
    [100, 20, 12, -3, 19],
    [1600, 150, 86, 34, 94],
  ])('of %i pairs, %i and %i of which differ', (paired, onlyFirst, onlySecond, low, high) => {
    const { value, interval } = pairedDifference({ paired, onlyFirst, onlySecond });
    expect(value).toBeCloseTo((onlyFirst - onlySecond) / paired, 12);
    expect(interval![0] * paired).toBeCloseTo(low, 9);
    expect(interval![1] * paired).toBeCloseTo(high, 9);
  });
  test('is the mirror image where the two change places', () => {
    const one = pairedDifference({ paired: 41, onlyFirst: 9, onlySecond: 4 });
    const other = pairedDifference({ paired: 41, onlyFirst: 4, onlySecond: 9 });
    expect(one.value).toBeCloseTo(-other.value, 12);
    expect(one.interval![1]).toBeCloseTo(-other.interval![0], 12);
  });
  test('claims no certainty where everything differed one way', () => {
    expect(pairedDifference({ paired: 6, onlyFirst: 6, onlySecond: 0 })).toEqual({
      value: 1,
      interval: null,
    });
    expect(pairedDifference({ paired: 6, onlyFirst: 0, onlySecond: 6 })).toEqual({
      value: -1,
      interval: null,
    });
  });
  test('claims no certainty where nothing differed', () => {
    expect(pairedDifference({ paired: 30, onlyFirst: 0, onlySecond: 0 })).toEqual({
      value: 0,
      interval: null,
    });
    expect(() => pairedDifference({ paired: 0, onlyFirst: 0, onlySecond: 0 })).toThrow(RangeError);
  });
});

describe("Holm's adjustment", () => {
  test.each([
    // By hand, as R's p.adjust(p, "holm") does: the smallest five times, then four times the next, never less than before.
    [
      [0.01, 0.02, 0.03, 0.04, 0.05],
      [0.05, 0.08, 0.09, 0.09, 0.09],
    ],
    [
      [0.04, 0.001, 0.03],
      [0.06, 0.003, 0.06],
    ],
    [
      [0.6, 0.7],
      [1, 1],
    ],
    [[0.2], [0.2]],
    [[], []],
  ])('of %j', (ps, expected) => {
    holm(ps).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 12));
  });
});

describe('how many items it takes', () => {
  /** Chance that McNemar's exact test is below 0.05 on `n` items, summed over every outcome. */
  function power(n: number, onlyFirst: number, onlySecond: number): number {
    const differing = onlyFirst + onlySecond;
    const binomial = (m: number, k: number, p: number) => {
      let log =
        (p === 0 ? (k === 0 ? 0 : -Infinity) : k * Math.log(p)) +
        (p === 1 ? (k === m ? 0 : -Infinity) : (m - k) * Math.log(1 - p));
      for (let i = 1; i <= k; i++) log += Math.log((m - k + i) / i);
      return Math.exp(log);
    };
    let sum = 0;
    for (let m = 0; m <= n; m++) {
      const chance = binomial(n, m, differing);
      if (chance < 1e-9) continue;
      for (let k = 0; k <= m; k++)
        if (mcNemar(k, m - k) < 0.05) sum += chance * binomial(m, k, onlyFirst / differing);
    }
    return sum;
  }

  // Connor's formula, computed apart in Python, gives 36.8, 70.3, 233.1 and 608.1.
  test.each([
    [30, 6, 0, 37],
    [50, 12, 3, 71],
    [100, 20, 10, 234],
    [100, 5, 2, 609],
  ])('if of %i items %i and %i differ', (paired, onlyFirst, onlySecond, needed) => {
    expect(itemsNeeded({ paired, onlyFirst, onlySecond })).toBe(needed);
    expect(itemsNeeded({ paired, onlyFirst: onlySecond, onlySecond: onlyFirst })).toBe(needed);
  });
  test('gives the exact test about four chances in five', () => {
    for (const [first, second] of [
      [0.2, 0],
      [0.24, 0.06],
      [0.2, 0.1],
    ] as const) {
      const n = itemsNeeded({ paired: 100, onlyFirst: 100 * first, onlySecond: 100 * second })!;
      expect(power(n, first, second)).toBeGreaterThan(0.75);
      expect(power(n, first, second)).toBeLessThan(0.85);
    }
  });
  test('grows with the differences that are tested together, which share the level', () => {
    // With the quantiles of 0.05/20 and 0.05/1000, two-sided, computed apart in Python, in Connor's formula: 71.3 and 115.6.
    expect(itemsNeeded({ paired: 30, onlyFirst: 6, onlySecond: 0 }, 20)).toBe(72);
    expect(itemsNeeded({ paired: 30, onlyFirst: 6, onlySecond: 0 }, 1000)).toBe(116);
  });
  test('cannot be told where nothing points one way', () => {
    expect(itemsNeeded({ paired: 30, onlyFirst: 3, onlySecond: 3 })).toBeNull();
    expect(itemsNeeded({ paired: 0, onlyFirst: 0, onlySecond: 0 })).toBeNull();
  });
});
