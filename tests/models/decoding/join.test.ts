import { expect, test } from 'vitest';
import { joinRequests, turn } from '../../../src/models/decoding/join.ts';

/** Doubles numbers and notes each batch; odd numbers above 100 fail alone, 666 fails its batch. */
function doubler(maxBatch = 4) {
  const batches: number[][] = [];
  const ask = joinRequests<number, number>(
    async (requests, { resolve, reject }) => {
      batches.push([...requests]);
      await turn();
      if (requests.includes(666)) throw new Error('broken');
      requests.forEach((value, index) =>
        value > 100 && value % 2 === 1 ? reject(index, new Error('odd')) : resolve(index, value * 2),
      );
    },
    { maxBatch, groupOf: (value) => value < 0 },
  );
  return { ask, batches };
}

test('requests that wait at the same time share a batch, in order', async () => {
  const { ask, batches } = doubler();
  expect(await Promise.all([1, 2, 3].map(ask))).toEqual([2, 4, 6]);
  expect(batches).toEqual([[1, 2, 3]]);
});
test('a batch is no larger than its limit', async () => {
  const { ask, batches } = doubler(2);
  await Promise.all([1, 2, 3, 4, 5].map(ask));
  expect(batches).toEqual([[1, 2], [3, 4], [5]]);
});
test('groups never share a batch', async () => {
  const { ask, batches } = doubler();
  await Promise.all([1, -1, 2, -2].map(ask));
  expect(batches).toEqual([
    [1, 2],
    [-1, -2],
  ]);
});
test('a request that fails does not affect the others', async () => {
  const { ask } = doubler();
  const outcomes = await Promise.allSettled([1, 101, 3].map(ask));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
test('a batch that fails rejects all its requests, and the next one runs', async () => {
  const { ask } = doubler();
  const outcomes = await Promise.allSettled([1, 666].map(ask));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask(4)).toBe(8);
});
test('callers that ask again in the turn of their answer share the next batch', async () => {
  const { ask, batches } = doubler();
  const twice = async (value: number) => ask(await ask(value));
  await Promise.all([1, 2, 3].map(twice));
  expect(batches).toEqual([
    [1, 2, 3],
    [2, 4, 6],
  ]);
});
