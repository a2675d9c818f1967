import { describe, expect, test } from 'vitest';
import { benignTexts, thresholdAbove, thresholdBelow } from '../../../src/defenses/consulting/calibration.ts';

const benign = Array.from({ length: 20 }, (_, i) => i + 1);

describe('a threshold at a rate of false positives', () => {
  test('of 0 is the largest benign score', () =>
    expect(thresholdAbove(benign, 0)).toEqual({ threshold: 20, benign: 20, flagged: 0 }));
  test.each([0, 0.01, 0.05, 0.1, 0.33, 0.99])(
    'of %d flags no larger share, and counts what it flags',
    (rate) => {
      const { threshold, flagged } = thresholdAbove(benign, rate);
      expect(flagged).toBe(benign.filter((value) => value > threshold).length);
      expect(flagged / 20).toBeLessThanOrEqual(rate);
    },
  );
  test('is the lowest that keeps the rate, or below it the highest', () => {
    expect(benign.filter((value) => value > thresholdAbove(benign, 0.1).threshold - 1)).toHaveLength(3);
    expect(thresholdBelow(benign, 0.1)).toEqual({ threshold: 3, benign: 20, flagged: 2 });
    expect(thresholdBelow([0, 0.5], 0).threshold).toBe(0);
  });
  test('counts texts that are flagged at any threshold toward the rate', () => {
    expect(thresholdAbove([1, 2, 3, Infinity], 0.25)).toEqual({ threshold: 3, benign: 4, flagged: 1 });
    expect(thresholdAbove([1, Infinity, Infinity, Infinity], 0.25)).toMatchObject({ flagged: 3 });
  });
  test('needs scores and a rate', () => {
    expect(() => thresholdAbove([], 0.1)).toThrow(RangeError);
    expect(() => thresholdAbove(benign, 1)).toThrow(RangeError);
  });
});

test('texts that are set aside for calibration go before those that defenses learn from', () => {
  const contrast = { harmful: ['wake'], harmless: ['feed'] };
  expect(benignTexts(contrast, 9)).toEqual({ requests: ['feed'], texts: 'contrast' });
  expect(benignTexts({ ...contrast, calibration: ['bake', 'sing'] }, 1)).toEqual({
    requests: ['bake'],
    texts: 'calibration',
  });
});
