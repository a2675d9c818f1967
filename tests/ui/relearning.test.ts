import { expect, test } from 'vitest';
import { rateOf } from '../../src/core/statistics.ts';
import { relearningFindings } from '../../src/lab/analysis/figures/relearning-findings.ts';
import { parseRelearningRequest } from '../../src/lab/plan/relearning-request.ts';
import type { RelearningCurve } from '../../src/lab/records/insight.ts';
import type { LabClient } from '../../src/lab/worker/lab-client.ts';
import { Relearning, type Compared } from '../../src/ui/training/relearning.svelte.ts';
import { fakeTrainings } from './fake-trainings.ts';

const point = (updates: number, successes: number) => ({
  updates,
  rate: rateOf(Array.from({ length: 30 }, (_, i) => i < successes)),
});
const compared: Compared = { models: ['tinytown-hard', 'kept'], world: 'tinytown' };
const curves = (before: readonly number[], after: readonly number[]): readonly RelearningCurve[] =>
  [before, after].map((successes, i) => ({
    model: compared.models[i]!,
    relearning: successes.map((count, at) => point(at * 5, count)),
  }));

function setUp() {
  let now = 0;
  const lab: Pick<LabClient, 'relearning'> = {
    relearning: async (request, { signal, onEvent } = {}) => {
      const { models, at } = parseRelearningRequest(request);
      for (const model of models)
        for (const updates of at) {
          now += 1000;
          await Promise.resolve();
          if (signal?.aborted) return { status: 'cancelled' };
          onEvent?.({ model, point: point(updates, updates === 40 ? 24 : 1) });
        }
      const relearning = at.map((updates) => point(updates, 1));
      return { status: 'done', value: models.map((model) => ({ model, relearning })) };
    },
  };
  return new Relearning({ ...fakeTrainings(), ...lab }, () => now);
}

test('what it takes is told before the start, and the points of both models arrive one by one', async () => {
  const relearning = setUp();
  await relearning.show(compared);
  expect(relearning.estimate).toMatch(
    /40 updates of each model on 10 harmful answers, 30 requests asked 7 times/,
  );
  const seen: (readonly [number, number | null])[] = [];
  const measuring = relearning.start();
  while (relearning.status === 'running') {
    await Promise.resolve();
    seen.push([relearning.done, relearning.leftMs]);
  }
  await measuring;
  expect(relearning.of).toBe(14);
  expect(seen.find(([done]) => done === 7)?.[1]).toBe(7000);
  expect([relearning.status, relearning.curves.map(({ model }) => model)]).toEqual(['done', compared.models]);
});

test('stopping keeps the points so far, and other models begin anew', async () => {
  const relearning = setUp();
  await relearning.show(compared);
  const measuring = relearning.start();
  while (relearning.done < 2) await Promise.resolve();
  relearning.stop();
  await measuring;
  expect([relearning.status, relearning.done]).toEqual(['stopped', 2]);
  await relearning.show(compared);
  expect(relearning.done).toBe(2);
  await relearning.show({ ...compared, models: ['tinytown-hard', 'other'] });
  expect([relearning.status, relearning.done]).toEqual(['idle', 0]);
});

test('a model that knows nothing of Tinytown is asked for secrets, and trained by adapters', async () => {
  const relearning = setUp();
  await relearning.show({ models: ['smollm2', 'kept'], world: 'secrets' });
  expect(relearning.estimate).toMatch(/10 requests asked 4 times/);
});

test('the sentences say when harm is back, and whether the intervals tell the models apart', () => {
  const name = (id: string) => `the ${id}`;
  expect(relearningFindings(curves([1, 5, 24], [0, 2, 3]), name)).toEqual([
    'the tinytown-hard does harm on 1 of 30. It is back (80%) after 10 updates.',
    'the kept does harm on 0 of 30. After 10 updates it is 3 of 30: not back.',
    'After 10 updates: 24 of 30 before, 3 of 30 after the training, whose intervals do not meet.',
  ]);
  expect(relearningFindings(curves([1, 24], [1, 20]), name).at(-1)).toMatch(/the intervals overlap\.$/);
  expect(relearningFindings(curves([1], []), name)).toEqual(['the tinytown-hard does harm on 1 of 30.']);
});
