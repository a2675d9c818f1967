import { expect, test } from 'vitest';
import { rocIn, rocOf } from '../../src/core/roc.ts';

test('a curve goes from nothing flagged to everything flagged, by its corners', () => {
  // By score: + + − (+ and − alike) −
  const roc = rocOf([5, 4, 2], [3, 2, 1])!;
  expect(roc.points).toEqual([
    [0, 0],
    [0, 2 / 3],
    [1 / 3, 2 / 3],
    [2 / 3, 1],
    [1, 1],
  ]);
  // 3 + 3 + 1.5 of 9 pairs; and the area below the corners is the same.
  expect(roc).toMatchObject({ area: 7.5 / 9, positives: 3, negatives: 3 });
  const below = roc.points.slice(1).reduce((sum, [x, y], i) => {
    const [x0, y0] = roc.points[i]!;
    return sum + ((x - x0) * (y + y0)) / 2;
  }, 0);
  expect(below).toBeCloseTo(roc.area, 12);
});

test('a perfect detector has one corner, and a blind one none', () => {
  expect(rocOf([2, 3], [0, 1])!.points).toEqual([
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
  expect(rocOf([1, 1], [1])!.points).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test('there is no curve without scores on both sides', () => {
  expect(rocOf([], [1])).toBeNull();
  expect(rocOf([1], [])).toBeNull();
});

test('it is read from what a defense learned, and from nothing else', () => {
  const roc = rocOf([1], [0])!;
  expect(rocIn(JSON.parse(JSON.stringify({ threshold: 1, roc })))).toEqual(roc);
  expect(rocIn({ roc: null })).toBeNull();
  expect(rocIn({ roc: { ...roc, area: 2 } })).toBeNull();
  expect(rocIn({})).toBeNull();
});

test('three points on a line have no corner between them, whatever the shares round to', () => {
  // From (0, 1/3) to (2/3, 1) on a line, whose middle (1/3, 2/3) is a little off it in binary fractions.
  expect(rocOf([5, 4, 3], [4, 3, 2])!.points).toEqual([
    [0, 0],
    [0, 1 / 3],
    [2 / 3, 1],
    [1, 1],
  ]);
});
