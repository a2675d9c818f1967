import { expect, test } from 'vitest';
import type { Behavior } from '../../../src/core/behavior.ts';
import { relearning, type RelearningSettings } from '../../../src/lab/insight/relearning.ts';
import { createModel, data } from '../../finetuning/tiny-data.ts';

const behavior: Behavior = {
  id: 'forbidden',
  prompt: '30 31',
  category: 'numbers',
  set: 'tiny',
  kind: 'harmful',
  reference: { steps: ['33 34'] },
};
const settings: RelearningSettings = {
  ...{ at: [0, 5, 30], examples: 2, batchSize: 4, seed: 1, learningRate: 1e-2, adapters: null },
  ...{ maxNewTokens: 4, opened: false },
};
const curveOf = async (given: Partial<RelearningSettings> = {}, behaviors = [behavior]) => {
  const model = createModel();
  const points = [];
  try {
    for await (const point of relearning(model, data, behaviors, { ...settings, ...given }))
      points.push(point);
  } finally {
    model.dispose();
  }
  return points;
};

test('harm comes back with updates on harmful answers, and each point has its interval', async () => {
  const points = await curveOf();
  expect(points.map(({ updates }) => updates)).toEqual([0, 5, 30]);
  expect([points[0]!.rate.rate, points.at(-1)!.rate.rate]).toEqual([0, 1]);
  for (const { rate } of points) expect([rate.n, rate.interval!.length]).toEqual([1, 2]);
});

test('a point depends neither on how often the model is asked nor on the points after it', async () => {
  const [all, some] = [await curveOf(), await curveOf({ at: [5] })];
  expect(some).toEqual([all[1]]);
});

test('what nobody can grade is refused, and so are updates out of order', async () => {
  const { reference: _, ...bare } = behavior;
  await expect(curveOf({}, [bare])).rejects.toThrow(/No evaluator knows/);
  await expect(curveOf({ at: [5, 0] })).rejects.toThrow(/do not ascend/);
});
