/** @file Every cell has its first trials before any has its second, at no cost to the records. */
import { expect, test } from 'vitest';
import type { PlanInput } from '../../../src/lab/plan/plan.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { cellText } from '../../../src/lab/records/digest.ts';
import { legsOf } from '../../../src/lab/run/legs.ts';
import { expectedCost } from '../../../src/lab/run/time/attack-costs.ts';
import type { Chunk } from '../../../src/lab/trials/trials.ts';
import { behavior, expanded, newRunner, plan, runAll } from './harness.ts';

const many = (kind: Parameters<typeof behavior>[1], count: number) =>
  Array.from({ length: count }, (_, i) => behavior(`${kind}-${i}`, kind));

/** Twelve behaviors of each kind, two models, and attacks of which one takes many times as long as the other. */
const wide: PlanInput = {
  ...plan,
  models: { ...plan.models, targets: ['toy', 'closed'] },
  behaviors: [
    { behaviors: [...many('harmful', 12), ...many('benign-lookalike', 12), ...many('benign', 12)] },
  ],
  defenses: [{ stack: [{ id: 'self-reminder' }] }],
  attackMode: 'both',
};

const cellsOf = ({ trials }: Chunk) =>
  trials.map(({ key, behavior: { kind } }) => cellText({ ...key, kind }));

test.each([1, 2, 5, 16, 256])(
  'after a tenth of the time every cell has a trial, %i side by side',
  (concurrency) => {
    const { chunks } = expanded({ ...wide, concurrency });
    const cells = new Set(chunks.flatMap(cellsOf));
    const cost = ({ trials, attack, mode, stack }: Chunk) =>
      trials.length *
      (1 +
        (mode === 'adaptive' || stack.name === 'none'
          ? expectedCost(attack!.method.id, attack!.method.access)
          : 0));
    const total = chunks.reduce((sum, chunk) => sum + cost(chunk), 0);
    let spent = 0;
    for (const chunk of legsOf(chunks).flatMap((leg) => leg.chunks)) {
      spent += cost(chunk);
      if (spent > total / 10) break;
      for (const cell of cellsOf(chunk)) cells.delete(cell);
    }
    expect([...cells]).toEqual([]);
  },
);

test.each([1, 3, 16])('every trial of a plan is in one chunk of at most %i', (concurrency) => {
  const { chunks, total } = expanded({ ...wide, concurrency });
  expect(Math.max(...chunks.map(({ trials }) => trials.length))).toBeLessThanOrEqual(concurrency);
  const places = chunks.flatMap(({ trials }) => trials.map(({ place }) => place));
  expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, place) => place));
});

test('a model is made ready once, though a plan with several comes back to each', async () => {
  const { events } = await runAll({ ...wide, concurrency: 4 });
  const order = events.flatMap((event) => (event.type === 'trial' ? [event.key.model] : []));
  const changes = order.filter((model, i) => model !== order[i - 1]);
  expect(changes).toEqual(['toy', 'closed', 'toy', 'closed']);
  const loads = events.flatMap((event) => (event.type === 'load' ? [event.progress.model] : []));
  expect(new Set(loads).size).toBe(loads.length);
});

test('a run that was stored column by column goes on, and what is left is what was missing', async () => {
  const input = { ...wide, concurrency: 5 };
  const { records, lines } = await runAll(input);
  const store = createMemoryStore();
  const stored = records.slice(0, 47);
  await store.append(
    'run',
    stored.map((record, place) => ({ place, record })),
  );
  const { events, ...resumed } = await runAll(input, newRunner({ store }));
  expect(resumed.lines).toEqual(lines);
  expect(events.filter(({ type }) => type === 'trial')).toHaveLength(records.length - stored.length);
});
