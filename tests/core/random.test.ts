import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';

const draws = (random: { next(): number }, count = 8) => Array.from({ length: count }, () => random.next());

describe('a stream', () => {
  test('depends on its name alone', () => {
    expect(draws(createRandom('a'))).toEqual(draws(createRandom('a')));
    expect(draws(createRandom('a'))).not.toEqual(draws(createRandom('b')));
    expect(draws(createRandom(7))).toEqual(draws(createRandom('7')));
  });
  test('forks into streams that the draws so far do not shift', () => {
    const used = createRandom('seed');
    draws(used, 100);
    expect(draws(used.fork('x'))).toEqual(draws(createRandom('seed').fork('x')));
    expect(draws(used.fork('x'))).not.toEqual(draws(used.fork('y')));
  });
});

describe('distributions', () => {
  const random = createRandom('distributions');
  test('next is uniform in [0, 1)', () => {
    const values = draws(random, 10_000);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value) / values.length).toBeCloseTo(0.5, 1);
  });
  test('integer reaches every value below its bound', () => {
    const seen = new Set(Array.from({ length: 500 }, () => random.integer(7)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
  test('normal has mean 0 and variance 1', () => {
    const values = Array.from({ length: 10_000 }, () => random.normal());
    const center = values.reduce((sum, value) => sum + value) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / values.length;
    expect(center).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
  });
});

describe('choices', () => {
  const items = ['a', 'b', 'c', 'd'] as const;
  test('a sample has distinct items', () => {
    expect(new Set(createRandom('s').sample(items, 3)).size).toBe(3);
  });
  test('a shuffle keeps every item and the caller’s order', () => {
    const mine = [...items];
    expect(createRandom('s').shuffle(mine).sort()).toEqual([...items]);
    expect(mine).toEqual([...items]);
  });
  test('there is nothing to pick from an empty list, and no sample beyond its length', () => {
    expect(() => createRandom('s').pick([])).toThrow(RangeError);
    expect(() => createRandom('s').sample(items, 5)).toThrow(RangeError);
  });
});
