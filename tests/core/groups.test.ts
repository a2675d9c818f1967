import { expect, test } from 'vitest';
import { groupedBy } from '../../src/core/groups.ts';

test('groups and their items stand in the order of first appearance', () => {
  const groups = groupedBy(['b1', 'a1', 'b2'], (text) => text[0]);
  expect([...groups]).toEqual([
    ['b', ['b1', 'b2']],
    ['a', ['a1']],
  ]);
  expect(groupedBy([], String).size).toBe(0);
});
