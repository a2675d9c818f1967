import { expect, test } from 'vitest';
import { outcomeOf, promise, type Outcome } from '../../scripts/faults/part.ts';
import { tableOf } from '../../scripts/faults/table.ts';

const rowsOf = (outcomes: readonly Outcome[]) => tableOf(outcomes).split('\n').slice(2);

test('equal faults share a row, with how often, whether it holds, and what was noted', () => {
  const rows = rowsOf([
    { fault: 'kill', result: 'held' },
    { fault: 'fill', result: 'held', times: 1500, note: '3 s' },
    { fault: 'kill', result: 'held' },
  ]);
  expect(rows).toEqual(['| fill | 1,500 | holds | 3 s |', '| kill | 2 | holds |  |']);
});

test('one that is broken shows, however many held, and its reason comes first', () => {
  const rows = rowsOf([
    { fault: 'kill', result: 'held', times: 99, note: 'a' },
    { fault: 'kill', result: 'broken', note: 'lost | 1' },
  ]);
  expect(rows).toEqual(['| kill | 100 | **1 broken** | lost \\| 1; a |']);
});

test('what was skipped is not said to hold', () => {
  const skipped: Outcome = { fault: 'fill', result: 'skipped', note: 'no root' };
  expect(rowsOf([skipped])).toEqual(['| fill | 1 | skipped | no root |']);
  expect(rowsOf([skipped, { fault: 'fill', result: 'held' }])).toEqual([
    '| fill | 2 | holds; 1 skipped | no root |',
  ]);
});

test('what harm throws, or takes too long, is an outcome', async () => {
  expect(await outcomeOf('kill', async () => promise(false, 'lost'))).toEqual({
    fault: 'kill',
    result: 'broken',
    note: 'lost',
  });
  expect(await outcomeOf('kill', () => new Promise(() => {}), 5)).toMatchObject({ result: 'broken' });
});
