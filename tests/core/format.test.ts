import { expect, test } from 'vitest';
import * as format from '../../src/core/format.ts';

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
