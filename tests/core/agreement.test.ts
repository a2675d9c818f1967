import { describe, expect, test } from 'vitest';
import { cohenKappa, coincidences, krippendorffAlpha } from '../../src/core/agreement.ts';

const alphaOf = (items: readonly (readonly (0 | 1 | null)[])[]) => {
  const sums = [0, 0, 0];
  for (const item of items) {
    const yes = item.filter((value) => value === 1).length;
    const no = item.filter((value) => value === 0).length;
    coincidences(yes, no).forEach((count, at) => (sums[at]! += count));
  }
  return krippendorffAlpha(sums);
};

describe("Cohen's kappa", () => {
  test('of the usual example of grant proposals is 0.4', () => {
    expect(cohenKappa([20, 5, 10, 15])).toBeCloseTo(0.4, 12);
  });
  test('is 1 for full agreement, 0 for that of chance, and none where nothing can differ', () => {
    expect(cohenKappa([3, 0, 0, 7])).toBe(1);
    expect(cohenKappa([1, 1, 1, 1])).toBeCloseTo(0, 12);
    expect(cohenKappa([5, 0, 0, 0])).toBeNull();
    expect(cohenKappa([0, 0, 0, 0])).toBeNull();
  });
});

describe("Krippendorff's alpha", () => {
  test('of the binary example in his paper is 0.095', () => {
    const meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0] as const;
    const owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0] as const;
    expect(alphaOf(meg.map((value, i) => [value, owen[i]!]))).toBeCloseTo(0.095, 3);
  });
  test('takes raters that leave items out', () => {
    // By hand: coincidences 3 yes–yes, 1 each way, 2 no–no; n = 7, so 1 − 6 · 1 / (4 · 3).
    const items = [[1, 1, 1], [1, 0, null], [0, 0, null], [1, null, null], [1]] as const;
    expect(alphaOf(items)).toBeCloseTo(0.5, 12);
  });
  test('is none where only one thing was said', () => {
    expect(
      alphaOf([
        [1, 1],
        [1, 1],
      ]),
    ).toBeNull();
    expect(alphaOf([])).toBeNull();
  });
});
