import { expect, test } from 'vitest';
import { figuresOf } from '../../../src/ui/studio/figures.ts';

test('figures of all steps stand in the columns in which they first occur, and words stay out', () => {
  const table = figuresOf([
    { step: 0, detail: { boundary: 2, drift: 0.5, source: 'texts' } },
    { step: 1 },
    { step: 2, detail: { chosen: true, boundary: 3, drift: 0.1 } },
  ]);
  expect(table).toEqual({
    columns: ['boundary', 'drift', 'chosen'],
    rows: [
      { step: 0, figures: [2, 0.5, null] },
      { step: 2, figures: [3, 0.1, true] },
    ],
  });
});

test('one step, or one figure per step, is no table', () => {
  expect(figuresOf([{ step: 0, detail: { a: 1, b: 2 } }])).toBeNull();
  expect(
    figuresOf([
      { step: 0, detail: { a: 1 } },
      { step: 1, detail: { a: 2 } },
    ]),
  ).toBeNull();
});
