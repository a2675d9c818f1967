import { expect, test } from 'vitest';
import { createClock } from '../../../src/lab/run/time/clock.ts';
import type { Costs } from '../../../src/lab/run/time/costs.ts';
import { createCosts } from '../../../src/lab/run/time/costs.ts';
import { expectedCost } from '../../../src/lab/run/time/attack-costs.ts';
import { createSteady } from '../../../src/lab/run/time/steady.ts';
import { runAll, expanded, plan } from './harness.ts';

test('what is shown never jumps, though what is estimated does', () => {
  let now = 0;
  const steady = createSteady(() => now);
  // A run that ends after 240 s, guessed first at three times, then at half of what is left, then right.
  const estimates = (at: number) => (240_000 - at) * (at < 30_000 ? 3 : at < 60_000 ? 0.5 : 1);
  let last = steady(estimates(0));
  for (now = 1_000; now <= 240_000; now += 1_000) {
    const shown = steady(estimates(now));
    expect(Math.abs(shown - (last - 1_000))).toBeLessThan(0.1 * last + 1_500);
    if (now > 180_000) expect(Math.abs(shown - (240_000 - now))).toBeLessThan(20_000);
    last = shown;
  }
  expect(last).toBeLessThan(2_000);
});

test('time is told from the start, for the workers that there are, and never less than the longest chunk', () => {
  const { chunks } = expanded();
  const told: unknown[] = [];
  const costs: Costs = { add: () => {}, calibrate: () => {}, of: () => 1_000, longestFirst: (all) => all };
  const clock = (workers: number) =>
    createClock({
      costs,
      steady: (ms) => ms,
      workers,
      makesAttack: () => true,
      later: [],
      emit: (event) => told.push(event),
      now: () => 0,
    });
  for (const workers of [1, 2, 1000]) {
    const running = clock(workers);
    running.begin(chunks);
    running.end();
  }
  expect(told).toEqual([
    { type: 'pace', leftMs: chunks.length * 1_000, workers: 1 },
    { type: 'pace', leftMs: chunks.length * 500, workers: 2 },
    { type: 'pace', leftMs: 1_000, workers: 1000 },
  ]);
});

test('costs are unknown for a model of unknown size until a trial was timed, and measured then', async () => {
  const { resolved, chunks } = expanded();
  const walk = chunks.find(({ attack }) => attack?.method.id === 'walk')!;
  expect(createCosts(resolved).of(walk, true)).toBeNull();
  const times = { startedAt: '', attackMs: 300, answerMs: 60, scoreMs: 40 };
  const timed = (attack: string) => ({ model: 'toy', attack, defense: 'none', times });
  const count = walk.trials.length;
  expect(createCosts(resolved, [timed('walk')]).of(walk, true)).toBe(count * 400);
  expect(createCosts(resolved, [timed('walk')]).of(walk, false)).toBe(count * 100);
  const ratio = expectedCost('walk', 'black-box') / expectedCost('direct-request', 'black-box');
  expect(createCosts(resolved, [timed('direct-request')]).of(walk, true)).toBeCloseTo(
    count * (100 + 300 * ratio),
  );
});

test('a run tells its time', async () => {
  const { events } = await runAll(plan);
  expect(events.filter(({ type }) => type === 'pace').length).toBeGreaterThan(0);
});
