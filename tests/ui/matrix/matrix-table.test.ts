import { expect, test } from 'vitest';
import { cellName, cellNamed } from '../../../src/ui/matrix/matrix-table.ts';

test.each([
  ['gcg', 'self-reminder'],
  ['tense+flip-attack', 'mine | strict'],
  ['none', '|'],
])('the cell of %s and “%s” is found again by its name', (attack, defense) => {
  expect(cellNamed(cellName(attack, defense))).toEqual({ attack, defense });
});

test.each(['', '|', 'gcg', 'gcg|', '|none'])('%j names no cell', (name) => {
  expect(cellNamed(name)).toBeNull();
});
