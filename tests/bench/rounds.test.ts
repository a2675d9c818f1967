import { expect, test } from 'vitest';
import { alone, compare } from '../../bench/rounds.ts';

/** A subject whose rounds take these milliseconds, one after the other. */
function scriptedSubject(name: string, times: readonly number[], calls: string[] = []) {
  let next = 0;
  return {
    about: name,
    round: async () => {
      calls.push(name);
      return times[next++]!;
    },
  };
}

test('a comparison leaves out the warm-up and takes the median of the ratios round by round', async () => {
  const ours = scriptedSubject('ours', [1000, 2, 30, 8]);
  const theirs = scriptedSubject('theirs', [1, 1, 10, 2]);
  // Ratios 2, 3 and 4; the ratio of the medians would be 8 / 2.
  expect(await compare(ours, theirs, 3)).toEqual({ ours: 8, theirs: 2, timeRatio: 3, rounds: 3 });
});

test('who begins a round alternates', async () => {
  const calls: string[] = [];
  const times = [1, 1, 1, 1];
  await compare(scriptedSubject('a', times, calls), scriptedSubject('b', times, calls), 2, 0);
  expect(calls).toEqual(['a', 'b', 'b', 'a']);
});

test('a subject alone is measured without its first round', async () => {
  expect(await alone(scriptedSubject('ours', [1000, 5, 7, 6]), 3)).toBe(6);
});
