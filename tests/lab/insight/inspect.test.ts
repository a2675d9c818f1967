import { expect, test } from 'vitest';
import type { Behavior } from '../../../src/core/behavior.ts';
import type { BehaviorSet } from '../../../src/data/behavior-set.ts';
import { registry } from '../../../src/core/method.ts';
import { insightFindings } from '../../../src/lab/analysis/figures/insight-findings.ts';
import { insightFiles } from '../../../src/lab/analysis/figures/insight-files.ts';
import type { InsightProgress, RelearningEvent } from '../../../src/lab/records/insight.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { createModel } from '../../finetuning/tiny-data.ts';
import { device, loadToy, registries } from '../run/harness.ts';

const behavior = (i: number, kind: Behavior['kind']): Behavior => ({
  ...{ id: `${kind} ${i}`, prompt: `${kind === 'harmful' ? 30 : 10} ${12 + i}`, target: '32 33' },
  ...{ category: 'numbers', set: 'numbers', kind },
});
const numbers = {
  ...{ id: 'numbers', title: 'Numbers', summary: 'For tests.', license: 'MIT' },
  behaviors: [0, 1, 2, 3, 4, 5].flatMap((i) => [behavior(i, 'harmful'), behavior(i, 'benign-lookalike')]),
  contrast: { harmful: ['30 20', '30 21'], harmless: ['10 20', '10 21'] },
};

const lab = (sets: readonly BehaviorSet[] = []) =>
  createLab({
    loadModel: async (entry) => (entry.access === 'white-box' ? createModel() : loadToy(entry)),
    store: createMemoryStore(),
    device,
    registries: { ...registries, sets: registry('behavior set', [numbers, ...sets, ...registries.sets.all]) },
  });
const ignore = () => {};

test('a model is shown beside its base, layer by layer, with pictures and tables of every part', async () => {
  const parts: InsightProgress[] = [];
  const outcome = await lab().insight(
    'call',
    {
      model: 'clear',
      base: 'clear',
      set: 'numbers',
      watch: ['5', '32'],
      behavior: 'harmful 1',
      prompt: '30 13 7 7',
    },
    (progress) => parts.push(progress),
  );
  if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
  const { models, depth, prompt } = outcome.value;
  expect(prompt).toBe('30 13 7 7');
  expect(structuredClone(outcome.value)).toEqual(outcome.value);
  expect(models).toHaveLength(2);
  for (const { projection, lens, attention, probe, relearning } of models) {
    expect([projection.values.length, lens.layers.length, probe.length]).toEqual([5, 5, 5]);
    expect(attention!.layers).toHaveLength(4);
    expect(relearning).toEqual([]);
  }
  expect(depth!.map(({ divergence }) => divergence.value)).toEqual(depth!.map(() => 0));
  expect(parts.map(({ part }) => part)).toContain('probes');
  const amounts = parts.map(({ done }) => done);
  expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));
  expect(amounts.at(-1)).toBe(parts[0]!.of);
  const files = insightFiles(outcome.value);
  expect([...files.keys()].toSorted()).toEqual([
    'alignment-depth.csv',
    'alignment-depth.svg',
    'attention.csv',
    'attention.svg',
    'logit-lens-tokens.csv',
    'logit-lens.csv',
    'logit-lens.svg',
    'probe.csv',
    'probe.svg',
    'refusal-direction.csv',
    'refusal-direction.svg',
  ]);
  for (const content of files.values()) expect(content).not.toMatch(/NaN|undefined/);
  const findings = Object.values(insightFindings(outcome.value, (id) => `model ${id}`));
  for (const sentence of findings.flat()) expect(sentence).toMatch(/model tiny/);
});

test('curves of relearning come point by point, one model after the other', async () => {
  const graded = {
    ...{ ...numbers, id: 'graded' },
    behaviors: [{ ...behavior(0, 'harmful'), set: 'graded', reference: { steps: ['33 34'] } }],
  };
  const told: RelearningEvent[] = [];
  const request = { models: ['clear', 'clear'], set: 'graded', at: [0, 1], examples: 1 };
  const answer = await lab([graded]).relearning('call', request, (event) => told.push(event));
  if (answer.status !== 'done') throw new Error(JSON.stringify(answer));
  expect(
    answer.value.map(({ relearning }) => relearning.map(({ updates, rate }) => [updates, rate.n])),
  ).toEqual([
    [
      [0, 1],
      [1, 1],
    ],
    [
      [0, 1],
      [1, 1],
    ],
  ]);
  expect(told.map(({ point }) => point)).toEqual(answer.value.flatMap(({ relearning }) => relearning));
  const bad = await lab().relearning('call', { models: [] }, ignore);
  expect(bad.status === 'failed' && bad.message).toMatch(/models/);
});

test('what cannot be looked into is refused with what to do', async () => {
  const refused = async (request: unknown) => {
    const outcome = await lab().insight('call', request, ignore);
    return outcome.status === 'failed' ? `${outcome.message} ${outcome.advice}` : outcome.status;
  };
  expect(await refused({ model: 'clear', set: 'toys' })).toMatch(/no pairs .* contrast prompts/);
  expect(await refused({ model: 'toy', set: 'numbers' })).toMatch(/toy/);
  expect(await refused({ model: 'clear', set: 'numbers', behavior: 'gone' })).toMatch(/no behavior "gone"/);
  expect(await refused({ model: 'clear', set: 'numbers', seed: -1 })).toMatch(/seed/);
  expect(await refused({ model: 'clear', set: 'numbers', relearning: { data: 'none' } })).toMatch(
    /no training data "none"/,
  );
});
