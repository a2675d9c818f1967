import { describe, expect, test } from 'vitest';
import { conversation, defineAttack } from '../../../src/attacks/attack.ts';
import { registry } from '../../../src/core/method.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import { loadGuard, loadToy, newRunner, plan, registries, runAll, walk } from './harness.ts';

/** Its loss is no number, in its second step or in its result. */
const lossy = (id: string, where: 'step' | 'best' | 'end', value: number) =>
  defineAttack({
    ...walk,
    id,
    options: {},
    async *run(asked) {
      yield { step: 0, loss: 2, bestLoss: 2 };
      yield { step: 1, loss: where === 'step' ? value : 1, bestLoss: where === 'best' ? value : 1 };
      return { messages: conversation(asked), steps: 2, loss: where === 'end' ? value : 1 };
    },
  });

/** Gives numbers for two tokens; then they are NaN where the prompt asks for "b". */
const torn = scripted({
  id: 'toy',
  next(ids, tokenizer) {
    const logits = answering(() => 'Take the thing.')(ids, tokenizer);
    const { answer } = tokenizer.read(ids);
    return answer.length >= 2 && /forbidden b/.test(tokenizer.decode([...ids])) ? logits.fill(NaN) : logits;
  },
});

const small = { ...plan, defenses: [], evaluators: [{ id: 'pattern-refusal' }] };

describe('an attack whose loss is no number', () => {
  test.each([
    ['step', NaN, /"lossy" on toy is NaN at step 1,/],
    ['best', Infinity, /"lossy" on toy is Infinity at step 1,/],
    ['end', -Infinity, /"lossy" on toy is -Infinity at the end,/],
  ] as const)('in its %s, %d, fails its trials and no others', async (where, value, message) => {
    const attacks = registry('attack', [...registries.attacks.all, lossy('lossy', where, value)]);
    const runner = newRunner({ registries: { ...registries, attacks } });
    const { records } = await runAll({ ...small, attacks: [{ id: 'lossy' }, { id: 'walk' }] }, runner);
    const [failed, whole] = [
      records.filter(({ attack }) => attack === 'lossy'),
      records.filter(({ attack }) => attack !== 'lossy'),
    ];
    expect(failed).toHaveLength(5);
    for (const record of failed) {
      expect(record.error).toMatchObject({ code: 'not-finite', during: 'attack' });
      expect(record.error!.message).toMatch(message);
      expect(record).toMatchObject({ finishReason: 'failed', response: '' });
      expect(record.scores['pattern-refusal']?.value).toBeNull();
    }
    expect(whole.length).toBeGreaterThan(0);
    expect(whole.every(({ error }) => error === undefined)).toBe(true);
  });
});

test('an answer whose logits are no numbers is a failed trial that names model and step', async () => {
  const load = async (...args: Parameters<typeof loadToy>) =>
    args[0].id === 'toy' ? torn : loadToy(...args);
  const runner = newRunner({ models: createModelPool(load, loadGuard) });
  const { records, summary } = await runAll({ ...small, attacks: [{ id: 'direct-request' }] }, runner);
  const failed = records.filter(({ error }) => error !== undefined);
  expect(failed.map(({ behavior }) => behavior)).toEqual(['b']);
  expect(failed[0]).toMatchObject({
    finishReason: 'failed',
    error: { code: 'not-finite', during: 'answer' },
  });
  expect(failed[0]!.error!.message).toMatch(/^toy gives no numbers: .* logits at step 3 /);
  expect(failed[0]!.scores['pattern-refusal']?.value).toBeNull();
  expect(JSON.stringify(summary)).not.toMatch(/NaN/);
});
