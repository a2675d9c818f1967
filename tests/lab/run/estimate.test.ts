import { expect, test } from 'vitest';
import { estimateText } from '../../../src/lab/records/run-estimate.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { effort, expectedCost } from '../../../src/lab/run/time/attack-costs.ts';
import { estimateRun, type EstimateOptions } from '../../../src/lab/run/time/estimate.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { gcg } from '../../../src/attacks/gcg.ts';
import { pair } from '../../../src/attacks/pair.ts';
import type { OptionsSpec } from '../../../src/core/options.ts';
import { loadToy, plan, registries, toys } from './harness.ts';

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const options = (more: Partial<EstimateOptions> = {}): EstimateOptions => ({
  registries,
  models: createModelPool(loadToy),
  workersFor: () => 1,
  mayTime: () => true,
  signal: new AbortController().signal,
  ...more,
});

/** A model that takes 20 ms per request, however many are asked at once. */
const slow = createModelPool(async ({ id }) =>
  scripted({
    id,
    async reply() {
      await after(20);
      return 'fine';
    },
  }),
);

const direct = {
  ...plan,
  models: { targets: ['closed'] },
  attacks: [{ id: 'direct-request' }],
  evaluators: [{ id: 'prefix-match' }],
  defenses: [],
  concurrency: 7,
};

test('the time of plain requests is what the model was measured to take', async () => {
  const estimate = await estimateRun(direct, options({ models: slow }));
  expect(estimate).toMatchObject({ trials: 7, isTimed: true, workers: 1 });
  // Side by side, seven requests take as long as one.
  expect(estimate.timeMs).toBeGreaterThan(15);
  expect(estimate.timeMs).toBeLessThan(60);
});

test('a model is timed on harmful and harmless requests alike', async () => {
  const asked = new Set<string>();
  const models = createModelPool(async ({ id }) =>
    scripted({
      id,
      async reply(messages) {
        asked.add(messages.at(-1)!.content);
        await after(5);
        return 'fine';
      },
    }),
  );
  await estimateRun({ ...direct, concurrency: 2 }, options({ models }));
  const kinds = [...asked].map((prompt) => toys.behaviors.find((toy) => toy.prompt === prompt)!.kind);
  expect(kinds.toSorted()).toEqual(['benign-lookalike', 'harmful']);
});

test('two workers take half the time, and an attack takes as many answers as it is known for', async () => {
  const timeOf = async (attack: string, workers: number) =>
    (
      await estimateRun(
        {
          ...direct,
          attacks: [{ id: attack }],
          behaviors: [{ set: 'toys', kinds: ['harmful'] }],
          concurrency: 1,
        },
        options({ models: slow, workersFor: () => workers }),
      )
    ).timeMs!;
  const one = await timeOf('walk', 1);
  expect((await timeOf('walk', 2)) / one).toBeCloseTo(0.5, 0);
  const expected = expectedCost('walk', 'black-box');
  expect(one / (5 * 20)).toBeGreaterThan(expected);
  expect(one / (5 * 20)).toBeLessThan(expected * 3);
});

test('a model that may not be loaded is not, and its time is a guess or unknown', async () => {
  const models = createModelPool(() => Promise.reject(new Error('loaded')));
  const estimate = await estimateRun(direct, options({ models, mayTime: () => false }));
  expect(estimate).toMatchObject({ trials: 7, timeMs: null, isTimed: false, memoryBytes: null });
  expect(estimateText(estimate)).toBe('7 trials · time unknown until it runs');
  expect(estimateText({ trials: 1, timeMs: 90_000, isTimed: true, workers: 2, memoryBytes: 7e8 })).toBe(
    '1 trial · about 1 min 30 s with 2 workers · about 700 MB of memory',
  );
});

test('fewer rounds than usual take less time, and less so where an attack stops when it succeeds', () => {
  const fifth = (name: string, options: OptionsSpec) => ({ [name]: Number(options[name]!.default) / 5 });
  expect(effort('pair', pair.options, fifth('streams', pair.options))).toBeCloseTo(0.2);
  expect(effort('gcg', gcg.options, fifth('steps', gcg.options))).toBeCloseTo(Math.sqrt(0.2));
  expect(effort('gcg', gcg.options, {})).toBe(1);
});
