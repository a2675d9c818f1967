import { expect, test } from 'vitest';
import * as format from '../../src/core/format.ts';
import * as pages from '../../src/ui/format.ts';

test('an amount keeps about three digits', () => {
  expect([0, 0.256, 1, 12.34, 123.4, 12_345.6].map(format.amount)).toEqual([
    '0',
    '0.26',
    '1',
    '12.3',
    '123',
    '12,346',
  ]);
});

test('a difference of shares is in points, signed unless it is nothing', () => {
  expect([0.123, -0.05, 0.004, -0.004].map(format.points)).toEqual(['+12', '−5', '0', '0']);
});

test('reports and pages write the same number the same way', () => {
  for (const value of [0, 0.004, 0.5, 0.996, 1, 9.96, 80, 949, 59_500, 3_599_999]) {
    for (const name of ['percent', 'duration', 'addedDuration', 'ratio', 'count'] as const)
      expect(format[name](value), name).toBe(pages[name](value));
    expect(format.interval([value / 2, value])).toBe(pages.interval([value / 2, value]));
    expect(format.plural(value, 'trial')).toBe(pages.plural(value, 'trial'));
  }
  expect(format.list(['a', 'b', 'c'])).toBe(pages.list(['a', 'b', 'c']));
});
