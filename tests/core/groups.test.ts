import { expect, test } from 'vitest';
import { groupedBy, repeated } from '../../src/core/groups.ts';

test('groups and their items stand in the order of first appearance', () => {
  const groups = groupedBy(['b1', 'a1', 'b2'], (text) => text[0]);
  expect([...groups]).toEqual([
    ['b', ['b1', 'b2']],
    ['a', ['a1']],
  ]);
  expect(groupedBy([], String).size).toBe(0);
});

test('what is repeated is named once, in the order in which it repeats', () => {
  expect(repeated(['a', 'b', 'b', 'a', 'b', 'c', 'constructor'])).toEqual(['b', 'a']);
});
