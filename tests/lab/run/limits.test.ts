/** @file A run ends at a limit of its plan with what it has, and goes on from there. */
import { expect, test } from 'vitest';
import { limitReached } from '../../../src/lab/plan/run-limits.ts';
import { watchLimits } from '../../../src/lab/run/limit-watch.ts';
import { forwardPasses, noUsage } from '../../../src/lab/records/usage.ts';
import { inOneList } from '../../../src/lab/store/run-store.ts';
import { newRunner, plan, runAll } from './harness.ts';

const whole = await runAll();
const spentIn = (records: typeof whole.records) =>
  records.reduce((sum, { usage, attackUsage, defense }) => {
    const made = defense === 'none' ? 0 : forwardPasses(attackUsage.target ?? noUsage);
    return sum + forwardPasses(usage.target ?? noUsage) - made;
  }, 0);

test('a run ends after the chunk in which it reaches its queries, and each time it goes on it may spend as many', async () => {
  const most = 12;
  const input = { ...plan, runLimits: { queries: most } };
  const runner = newRunner();
  let before = 0;
  for (let starts = 1; ; starts++) {
    const { events, records, lines, summary } = await runAll(input, runner);
    const limit = events.find((event) => event.type === 'limit');
    const spent = spentIn(records) - before;
    before += spent;
    expect(summary.cells.every(({ n }) => n > 0)).toBe(true);
    if (limit === undefined) {
      expect(starts).toBeGreaterThan(2);
      expect(lines).toEqual(whole.lines);
      expect((await runner.store.run('run'))?.state).toBe('done');
      return;
    }
    expect(limit).toMatchObject({ limit: 'queries', notAsked: whole.records.length - records.length });
    expect((await runner.store.run('run'))?.state).toBe('stopped');
    expect(spent).toBeGreaterThanOrEqual(most);
    expect(spent).toBeLessThan(most + 2 * 8); // two trials run side by side
  }
});

test('a limit that suffices changes nothing but the plan', async () => {
  const runner = newRunner();
  const { lines, events } = await runAll({ ...plan, runLimits: { tokens: 1e9, minutes: 600 } }, runner);
  expect(lines).toEqual(whole.lines);
  expect(events.some(({ type }) => type === 'limit')).toBe(false);
  expect(await inOneList(runner.store.trials('run'))).toHaveLength(whole.records.length);
});

test('minutes count on the clock, and the message says what is kept and what was not asked', () => {
  let now = 0;
  const watch = watchLimits({ minutes: 1.5 }, () => now);
  now = 89_999;
  expect(watch.reached()).toBeNull();
  now = 90_000;
  expect(watch.reached()).toBe('minutes');
  expect(limitReached({ minutes: 1.5, tokens: 9 }, 'minutes', 1200)).toBe(
    'The run ended at its limit of 1.5 minutes. Finished trials are kept; 1,200 of its plan were not asked. When it goes on, the limit counts anew.',
  );
});
