import { describe, expect, test } from 'vitest';
import {
  arrangeScored,
  bucket,
  padRows,
  sharedPrefixLength,
} from '../../../src/models/runtimes/whitebox/shapes.ts';

describe('buckets', () => {
  const sizes = Array.from({ length: 3000 }, (_, i) => i + 1);

  test('are large enough, and waste less than a quarter or an eighth', () => {
    for (const size of sizes) {
      expect(bucket(size)).toBeGreaterThanOrEqual(size);
      expect(bucket(size)).toBeLessThan(size * 1.25 + 1e-9);
      expect(bucket(size, 8)).toBeGreaterThanOrEqual(size);
      expect(bucket(size, 8)).toBeLessThan(size * 1.125 + 1e-9);
    }
  });

  test('are few, whole numbers, and their own buckets', () => {
    const buckets = new Set(sizes.map((size) => bucket(size)));
    expect(buckets.size).toBeLessThan(48);
    for (const size of buckets) expect([bucket(size), Number.isInteger(size)]).toEqual([size, true]);
  });
});

describe('scored tokens', () => {
  const scored = [
    { position: 5, target: 50, weight: 0.5 },
    { position: 2, target: 20, weight: 2 },
  ];

  test('are packed if few, and the rest has weight 0', () => {
    expect(arrangeScored(scored, 4, 8)).toEqual({
      positions: Int32Array.of(5, 2, 0, 0),
      targets: Int32Array.of(50, 20, 0, 0),
      weights: Float32Array.of(0.5, 2, 0, 0),
      slots: [0, 1],
    });
  });

  test('stay in place if there is room for all', () => {
    const { targets, slots } = arrangeScored(scored, 10, 8);
    expect([...targets]).toEqual([0, 0, 20, 0, 0, 50, 0, 0]);
    expect(slots).toEqual([5, 2]);
  });
});

test('rows are padded on the right, and missing rows are padding', () => {
  expect([...padRows([[1, 2], [3]], 3, 3)]).toEqual([1, 2, 0, 3, 0, 0, 0, 0, 0]);
});

test('the shared prefix ends where the first sequence differs or ends', () => {
  expect(
    sharedPrefixLength([
      [1, 2, 3],
      [1, 2, 4],
      [1, 2],
    ]),
  ).toBe(2);
  expect(
    sharedPrefixLength([
      [1, 2],
      [1, 2],
    ]),
  ).toBe(2);
  expect(sharedPrefixLength([[], [1]])).toBe(0);
  expect(sharedPrefixLength([])).toBe(0);
});
