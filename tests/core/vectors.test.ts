import { expect, test } from 'vitest';
import { untested } from '../../src/core/contrast.ts';
import { createRandom } from '../../src/core/random.ts';
import {
  cosine,
  dot,
  meanOf,
  norm,
  plus,
  principalDirections,
  rounded,
  scaled,
} from '../../src/core/vectors.ts';

test('products, sums and means are what they are by hand', () => {
  expect(dot([1, 2], [3, 4])).toBe(11);
  expect(norm([3, 4])).toBe(5);
  expect(cosine([2, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 12);
  expect(cosine([0, 0], [1, 1])).toBe(0);
  expect([...plus([1, 1], [1, 2], -2)]).toEqual([-1, -3]);
  expect([
    ...meanOf([
      [1, 2],
      [3, 6],
    ]),
  ]).toEqual([2, 4]);
  expect(() => meanOf([])).toThrow(RangeError);
  expect(JSON.parse(JSON.stringify(rounded([1 / 3])))).toEqual([0.3333333]);
});

test('principal directions are orthonormal, widest first, and no more than the rows span', () => {
  const random = createRandom('principal');
  const axes = [4, 2, 1, 0, 0].map((spread, place) => ({ spread, place }));
  const rows = Array.from({ length: 200 }, () =>
    Float64Array.from(axes, ({ spread }) => spread * random.normal()),
  );
  const found = principalDirections(rows, 4);
  expect(found).toHaveLength(3);
  found.forEach((a, i) => {
    expect(Math.abs(a[i]!)).toBeGreaterThan(0.95);
    found.forEach((b, j) => expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 6));
  });
  expect(principalDirections([scaled([1, 2], 0)], 2)).toEqual([]);
  expect(principalDirections([], 2)).toEqual([]);
});

test('contrast prompts leave out pairs of which one is tested', () => {
  const contrast = {
    harmful: ['Wake the giant.', 'Open the chest.'],
    harmless: ['Wake the cat.', 'Open the box.'],
  };
  expect(untested(contrast, ['wake  the giant.'])).toEqual({
    harmful: ['Open the chest.'],
    harmless: ['Open the box.'],
  });
  expect(untested(contrast, ['Open the chest.', 'Wake the cat.'])).toBeNull();
});
