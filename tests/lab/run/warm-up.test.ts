import { expect, test } from 'vitest';
import { warmUp } from '../../../src/lab/run/warm-up.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { behavior, newRunner, plan, runAll } from './harness.ts';

const sampling = { temperature: 0, topP: 1, maxNewTokens: 8 };
const never = new AbortController().signal;

test('a run that warms up leaves the records of one that does not', async () => {
  const cold = await runAll({ ...plan, record: { topTokens: 1 } });
  const warm = await runAll({ ...plan, record: { topTokens: 1 } }, newRunner({ warmsUp: true }));
  expect(warm.lines).toEqual(cold.lines);
});

test('it has every behavior answered, and ends by itself', async () => {
  let answers = 0;
  const model = scripted({ reply: () => `Answer ${answers++}.` });
  await warmUp(model, [behavior('a'), behavior('b')], { sampling, trials: 50, signal: never });
  expect(answers).toBeGreaterThanOrEqual(2);
});

test('a model that answers nothing, and at once, does not hold it up; a stop ends it', async () => {
  const model = { ...scripted({ reply: () => '' }), generate: () => Promise.reject(new Error('too long')) };
  await warmUp(model, [behavior('a')], { sampling, trials: 20, signal: never });
  const stopped = AbortSignal.abort(new DOMException('stop', 'AbortError'));
  await expect(
    warmUp(model, [behavior('a')], { sampling, trials: 2000, signal: stopped }),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
});
