import { describe, expect, test } from 'vitest';
import { correctedRate } from '../../src/core/corrected-rate.ts';
import { createRandom } from '../../src/core/random.ts';

const share = (successes: number, n: number) => ({ share: successes / n, n });

describe('a rate corrected for the errors of its test', () => {
  // By the equations of Lang and Reiczigel (2014), computed apart in Python.
  test.each([
    [share(4530, 4910), share(178, 179), share(80, 80), 0.9277901, 0.9155862, 0.9486033],
    [share(30, 100), share(90, 100), share(95, 100), 0.2941176, 0.1822684, 0.412783],
    [share(12, 30), share(40, 50), share(45, 50), 0.4285714, 0.1753588, 0.7088584],
  ])('of %o by %o and %o', (observed, sensitivity, specificity, value, low, high) => {
    const found = correctedRate(observed, sensitivity, specificity)!;
    expect(found.value).toBeCloseTo(value, 6);
    expect(found.interval![0]).toBeCloseTo(low, 6);
    expect(found.interval![1]).toBeCloseTo(high, 6);
  });
  test.each([
    [0.2, 0.9, 0.9, 60, 50, 50],
    [0.5, 0.8, 0.95, 100, 40, 80],
    [0.05, 0.85, 0.8, 200, 60, 60],
  ])('holds the truth, %f, in about 95 of 100 intervals', (truth, se, sp, n, nSe, nSp) => {
    const random = createRandom(`corrected/${truth}`);
    const drawn = (p: number, count: number) =>
      share(Array.from({ length: count }, () => random.next()).filter((x) => x < p).length, count);
    const repeats = 1000;
    let held = 0;
    for (let i = 0; i < repeats; i++) {
      const observed = drawn(truth * se + (1 - truth) * (1 - sp), n);
      const bounds = correctedRate(observed, drawn(se, nSe), drawn(sp, nSp))?.interval;
      if (bounds && bounds[0] <= truth && truth <= bounds[1]) held++;
    }
    expect(held / repeats).toBeGreaterThan(0.93);
  });
  test('is none for a test that tells nothing, and has no interval where no rate explains the share', () => {
    expect(correctedRate(share(5, 10), share(5, 10), share(5, 10))).toBeNull();
    expect(correctedRate(share(0, 0), share(9, 10), share(9, 10))).toBeNull();
    expect(correctedRate(share(0, 300), share(36, 40), share(20, 40))).toEqual({ value: 0, interval: null });
  });
});
