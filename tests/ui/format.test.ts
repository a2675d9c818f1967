import { expect, test } from 'vitest';
import {
  addedDuration,
  bytes,
  duration,
  interval,
  list,
  percent,
  plural,
  probability,
  ratio,
  visibleToken,
} from '../../src/ui/format.ts';

test('an interval is written as whole percentages', () => {
  expect(interval([0.1789, 0.5724])).toBe('18–57%');
  expect(percent(0.345)).toBe('35%');
});

test('a probability near an end is never rounded to that end', () => {
  expect(probability(Math.log(0.93))).toBe('93.0%');
  expect(probability(Math.log(0.00004))).toBe('<0.1%');
  expect(probability(Math.log(0.99996))).toBe('>99.9%');
  expect(probability(0)).toBe('100.0%');
  expect(probability(-Infinity)).toBe('0.0%');
});

test('bytes carry the largest unit that keeps them above one', () => {
  expect([0, 999, 1000, 1_921_198, 260_000_000, 3.2e9].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.9 MB',
    '260 MB',
    '3.2 GB',
  ]);
});

test('durations never show sixty of a unit', () => {
  expect([80, 1_000, 9_949, 59_499, 59_500, 119_600, 3_600_000].map(duration)).toEqual([
    '80 ms',
    '1.0 s',
    '9.9 s',
    '59 s',
    '1 min 0 s',
    '2 min 0 s',
    '1 h 0 min',
  ]);
});

test('a difference in time carries its sign, a ratio its cross', () => {
  expect([1200, -30, 0.2, -0.2].map(addedDuration)).toEqual(['+1.2 s', '−30 ms', '±0 ms', '±0 ms']);
  expect([1.083, 0.5, 12.4].map(ratio)).toEqual(['1.08×', '0.50×', '12×']);
});

test('names are joined as in a sentence', () => {
  expect(list([])).toBe('');
  expect(list(['a'])).toBe('a');
  expect(list(['a', 'b', 'c'])).toBe('a, b and c');
  expect(plural(1, ['# query', '# queries'])).toBe('1 query');
  expect(plural(1200, ['# trial', '# trials'])).toBe('1,200 trials');
});

test('white space in a token can be seen', () => {
  expect(visibleToken(' the\n')).toBe('␣the⏎');
  expect(visibleToken('')).toBe('∅');
});
