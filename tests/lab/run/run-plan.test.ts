import { beforeEach, describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { runPlan } from '../../../src/lab/run/run-plan.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { inOneList, type RunStore } from '../../../src/lab/store/run-store.ts';
import type { Chunk } from '../../../src/lab/trials/trials.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { behavior, expanded, glassAtOnce, newRunner, plan, runAll } from './harness.ts';

/** A store that fails as the disk would, once `room` more chunks have been written. */
function storeWithRoom(
  room: number,
  code: 'quota-exceeded' | 'bug' = 'quota-exceeded',
): RunStore & { room: number } {
  const store = createMemoryStore();
  return {
    ...store,
    room,
    async append(runId, records) {
      if (this.room-- === 0)
        throw code === 'bug' ? new Error('power cut') : new LabError(code, 'full', { advice: 'make room' });
      await store.append(runId, records);
    },
  };
}

const inPlaces = (chunks: readonly Chunk[]) =>
  chunks.flatMap(({ trials }) => trials).toSorted((a, b) => a.place - b.place);

const uninterrupted = await runAll();

describe('what a plan stands for', () => {
  test('trials go by model, then defense, then attack, then behavior', () => {
    const { chunks } = expanded({ ...plan, models: { ...plan.models, targets: ['toy', 'clear'] } });
    const keys = inPlaces(chunks).map(({ key }) => key);
    const order = (read: (key: (typeof keys)[number]) => string) => [...new Set(keys.map(read))];
    expect(order(({ model }) => model)).toEqual(['toy', 'clear']);
    expect(order(({ model, defense }) => `${model} ${defense}`).slice(0, 3)).toEqual([
      'toy none',
      'toy self-reminder',
      'toy safe-decoding',
    ]);
    expect(keys.slice(0, 8).map(({ attack, behavior: id }) => `${attack} ${id}`)).toEqual([
      'direct-request a',
      'direct-request b',
      'direct-request c',
      'direct-request d',
      'direct-request e',
      'direct-request kitten',
      'direct-request bread',
      'walk a',
    ]);
  });

  test('benign behaviors are asked directly, even when the plan lists no direct request', () => {
    const { chunks } = expanded({ ...plan, attacks: [{ id: 'walk' }], defenses: [] });
    const keys = inPlaces(chunks).map(({ key }) => `${key.attack} ${key.behavior}`);
    expect(keys.slice(5)).toEqual(['direct-request kitten', 'direct-request bread']);
  });
});

describe('replay', () => {
  test('the same plan gives the same bytes, up to the times', async () => {
    expect((await runAll()).lines).toEqual(uninterrupted.lines);
  });

  test('how many trials run side by side changes no record of a runtime whose batches are invariant', async () => {
    expect((await runAll({ ...plan, concurrency: 5 })).lines).toEqual(uninterrupted.lines);
  });

  test('another seed gives other attacks', async () => {
    expect((await runAll({ ...plan, seed: 8 })).lines).not.toEqual(uninterrupted.lines);
  });

  test.each([0, 1, 2, 5, 9])('a run that dies after %i chunks goes on to the same bytes', async (room) => {
    const store = storeWithRoom(room, 'bug');
    await expect(runAll(plan, newRunner({ store }))).rejects.toThrow('power cut');
    expect((await store.run('run'))?.state).toBe('failed');
    expect((await runAll(plan, newRunner({ store }))).lines).toEqual(uninterrupted.lines);
  });

  test('a chunk of which one trial is stored is run again whole, and only what was missing is added', async () => {
    const store = createMemoryStore();
    const places = [1, 8, 12, 20];
    await store.append(
      'run',
      places.map((place) => ({ place, record: uninterrupted.records[place]! })),
    );
    const resumed = await runAll(plan, newRunner({ store }));
    expect(resumed.lines).toEqual(uninterrupted.lines);
    const started = resumed.events.filter(({ type }) => type === 'trial-start');
    expect(started).toHaveLength(uninterrupted.records.length - places.length);
  });

  test('a finished run loads nothing and gives its summary again', async () => {
    const runner = newRunner();
    const first = await runAll(plan, runner);
    const models = createModelPool(() => Promise.reject(new Error('loaded')));
    expect((await runAll(plan, { ...runner, models })).summary).toEqual(first.summary);
  });

  test('an attack is made once and replayed behind every defense', async () => {
    const made = (events: typeof uninterrupted.events) => events.filter(({ type }) => type === 'step').length;
    expect(made(uninterrupted.events)).toBe(7 * 1 + 5 * 3); // direct requests take one step, walks three
    const prompts = uninterrupted.records
      .filter(({ attack, behavior: id }) => attack === 'walk' && id === 'c')
      .map(({ attackResult }) => attackResult);
    expect(prompts).toHaveLength(3);
    expect(new Set(prompts.map((prompt) => JSON.stringify(prompt))).size).toBe(1);
  });

  test('attack results of stored trials are used, not made again', async () => {
    const store = createMemoryStore();
    const made = uninterrupted.records.flatMap((record, place) =>
      record.defense === 'none' ? [{ place, record }] : [],
    );
    await store.append('run', made);
    const { events } = await runAll(plan, newRunner({ store }));
    expect(events.filter(({ type }) => type === 'step')).toEqual([]);
  });
});

describe('side by side', () => {
  beforeEach(() => Object.assign(glassAtOnce, { now: 0, most: 0 }));

  test('as many requests are in flight as the plan allows, and no more', async () => {
    let [now, most] = [0, 0];
    const models = createModelPool(async () =>
      scripted({
        async reply() {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 2));
          now--;
          return 'fine';
        },
      }),
    );
    const input = { ...plan, models: { targets: ['closed'] }, defenses: [], concurrency: 3 };
    await runAll(input, newRunner({ models }));
    expect(most).toBe(3);
  });

  test('white-box attacks go one at a time', async () => {
    const input = {
      ...plan,
      models: { targets: ['clear'] },
      defenses: [],
      attacks: [{ id: 'glass' }],
      concurrency: 4,
    };
    const { records } = await runAll(input);
    expect(glassAtOnce.most).toBe(1);
    expect(records[0]?.attackUsage.target?.gradients).toBe(1);
  });
});

describe('failures', () => {
  test('a full disk ends the run and keeps the finished trials', async () => {
    const store = storeWithRoom(3);
    await expect(runAll(plan, newRunner({ store }))).rejects.toMatchObject({ code: 'quota-exceeded' });
    expect(await inOneList(store.trials('run'))).toHaveLength(4); // chunks of two, one and one
    store.room = Infinity;
    expect((await runAll(plan, newRunner({ store }))).lines).toEqual(uninterrupted.lines);
  });

  test('a run that another tab holds is refused with advice', async () => {
    const runner = newRunner();
    const unlock = await runner.store.lock('run');
    await expect(runAll(plan, runner)).rejects.toMatchObject({ code: 'run-locked', advice: /other tab/ });
    unlock();
    await runAll(plan, runner);
  });

  test('a stop takes effect within one step of the attack and marks the run as stopped', async () => {
    const runner = newRunner();
    const controller = new AbortController();
    const input = { ...plan, attacks: [{ id: 'walk', options: { steps: 1000 } }], concurrency: 1 };
    const run = runPlan('run', input, runner, controller.signal);
    let after = 0;
    const consume = async () => {
      for await (const event of run) {
        if (controller.signal.aborted) after++;
        else if (event.type === 'step' && event.step.step === 4) controller.abort();
      }
    };
    await expect(consume()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(after).toBeLessThanOrEqual(1);
    expect((await runner.store.run('run'))?.state).toBe('stopped');
    const unlock = await runner.store.lock('run');
    unlock();
  });

  test('a prompt too long for the model fails its own trial, unscored, and no other', async () => {
    const models = createModelPool(async ({ id }) =>
      scripted({ id, contextWindow: 90, reply: () => 'fine' }),
    );
    const input = {
      ...plan,
      models: { targets: ['closed'] },
      attacks: [{ id: 'direct-request' }],
      defenses: [],
      behaviors: [
        { behaviors: [behavior('a'), { ...behavior('long'), prompt: 'x'.repeat(200) }, behavior('b')] },
      ],
    };
    const { records, summary } = await runAll(input, newRunner({ models }));
    expect(records.map(({ finishReason }) => finishReason)).toEqual(['end', 'failed', 'end']);
    expect(records[1]).toMatchObject({ response: '', error: { code: 'context-overflow', during: 'answer' } });
    expect(summary.cells[0]).toMatchObject({ n: 3, answers: { failed: 1, conditional: { n: 2 } } });
  });

  test('a lost device ends the run', async () => {
    const lost = new LabError('device-lost', 'gone', { advice: 'load again' });
    const models = createModelPool(async ({ id }) => scripted({ id, reply: () => Promise.reject(lost) }));
    const input = { ...plan, models: { targets: ['closed'] }, defenses: [] };
    await expect(runAll(input, newRunner({ models }))).rejects.toMatchObject({ code: 'device-lost' });
  });

  test('a run id that belongs to another plan is refused', async () => {
    const runner = newRunner();
    await runAll(plan, runner);
    await expect(runAll({ ...plan, seed: 99 }, runner)).rejects.toMatchObject({ code: 'bad-plan' });
  });
});

describe('records', () => {
  const find = (attack: string, defense: string) =>
    uninterrupted.records.find((record) => record.attack === attack && record.defense === defense)!;

  test('usage covers attack and answer, and says which part the attack took', () => {
    const { usage, attackUsage } = find('walk', 'self-reminder');
    expect(attackUsage.target?.queries).toBe(3);
    expect(usage.target?.queries).toBe(4);
    expect(find('direct-request', 'none').attackUsage).toEqual({});
  });

  test('say when an answer began and how fast it was written, among the times', () => {
    for (const { times, finishReason } of uninterrupted.records) {
      expect(times.firstTokenMs).toBeGreaterThan(0);
      expect(times.tokenMs !== undefined).toBe(finishReason !== 'blocked');
    }
    expect(uninterrupted.summary.speed.map(({ defense, n }) => [defense, n])).toEqual([
      ['none', 7],
      ['self-reminder', 7],
      ['safe-decoding', 7],
    ]);
  });

  test('what a decoding policy reads of its expert is counted for the trial that asked', () => {
    const { usage } = find('direct-request', 'safe-decoding');
    expect(usage.expert).toMatchObject({ queries: 1, completionTokens: 2 });
    expect(usage.expert?.promptTokens).toBe(usage.target?.promptTokens);
  });

  test('tokens hold no number that JSON cannot', () => {
    const numbers = JSON.stringify(uninterrupted.records.map(({ tokens }) => tokens));
    expect(numbers).not.toContain('null');
    expect(find('direct-request', 'safe-decoding').tokens[0]?.policy?.id).toBe('safe-decoding');
  });
});
