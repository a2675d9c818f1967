import { expect, test } from 'vitest';
import { chunksOfPart } from '../../../src/lab/run/chunks-of-part.ts';
import { runPlan } from '../../../src/lab/run/run-plan.ts';
import { inOneList } from '../../../src/lab/store/run-store.ts';
import { keyText } from '../../../src/lab/records/trial.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { expanded, linesOf, loadGuard, loadToy, newRunner, plan, runAll } from './harness.ts';
import { helper } from './pool-helper.ts';

test('a part of a run makes its trials and their attacks alone, and the run then ends with the same bytes', async () => {
  const runner = newRunner();
  const part = { model: 'toy', attack: 'walk', defense: 'safe-decoding', behavior: 'c' };
  for await (const event of runPlan('run', plan, runner, new AbortController().signal, { part }))
    expect(event.type).not.toBe('limit');
  const made = (await inOneList(runner.store.trials('run'))).map(({ record }) => record);
  expect(new Set(made.map(({ attack }) => attack))).toEqual(new Set(['walk']));
  expect(new Set(made.map(({ defense }) => defense))).toEqual(new Set(['none', 'safe-decoding']));
  expect(made.map(({ behavior }) => behavior)).toContain('c');
  expect((await runner.store.run('run'))?.state).toBe('stopped');

  const whole = await runAll();
  const of = new Map(whole.records.map((record) => [keyText(record), linesOf([record])[0]]));
  for (const record of made) expect(linesOf([record])[0]).toBe(of.get(keyText(record)));
  expect((await runAll(plan, runner)).lines).toEqual(whole.lines);
});

test('a cell is made in each mode of the plan, and a cell that the plan lacks is nothing', () => {
  const { chunks } = expanded({ ...plan, attackMode: 'both' });
  const sourceOf = () => undefined;
  const cell = { model: 'toy', attack: 'walk', defense: 'self-reminder' };
  const found = chunksOfPart(cell, chunks, sourceOf);
  expect(new Set(found.map(({ mode }) => mode))).toEqual(new Set(['static', 'adaptive']));
  expect(chunksOfPart({ ...cell, attack: 'gcg' }, chunks, sourceOf)).toEqual([]);
});

test('a part that the plan lacks is refused before anything is stored', async () => {
  const runner = newRunner();
  const part = { model: 'toy', attack: 'walk', defense: 'parden' };
  const events = runPlan('run', plan, runner, new AbortController().signal, { part });
  await expect(events.next()).rejects.toMatchObject({ code: 'bad-plan' });
  expect(await runner.store.runs()).toEqual([]);
});

test('a part makes nothing ready that its trials do not need, on one worker or more, and its bytes are those of the run', async () => {
  const wide = {
    ...plan,
    models: { targets: ['toy'], roles: { expert: 'clear', 'prompt-guard': 'guard' } },
    defenses: [
      { stack: [{ id: 'prompt-guard' }] },
      { stack: [{ id: 'perplexity-filter' }] },
      { stack: [{ id: 'self-reminder' }] },
      { stack: [{ id: 'safe-decoding' }] },
    ],
    contrast: { harmful: ['wake it', 'break it'], harmless: ['feed it', 'bake it'] },
  };
  const whole = await runAll(wide);
  const of = new Map(whole.records.map((record) => [keyText(record), linesOf([record])[0]]));
  const loads = async (defense: string, helpers = 0) => {
    const loaded = new Set<string>();
    const pool = createModelPool(
      (entry) => (loaded.add(entry.id), loadToy(entry)),
      (entry, options) => (loaded.add(entry.id), loadGuard(entry, options)),
    );
    const startHelpers = () => Array.from({ length: helpers }, () => helper(() => false, pool));
    const runner = newRunner({ models: pool, ...(helpers > 0 && { startHelpers }) });
    const part = { model: 'toy', attack: 'walk', defense };
    let learned = 0;
    for await (const { type } of runPlan('run', wide, runner, new AbortController().signal, { part }))
      if (type === 'artifact') learned++;
    const made = (await inOneList(runner.store.trials('run'))).map(({ record }) => record);
    expect(made.some((record) => record.defense === defense)).toBe(true);
    for (const record of made) expect(linesOf([record])[0]).toBe(of.get(keyText(record)));
    return { loaded: [...loaded].toSorted(), learned };
  };
  for (const helpers of [0, 1]) {
    expect(await loads('self-reminder', helpers)).toEqual({ loaded: ['toy'], learned: 0 });
    expect(await loads('prompt-guard', helpers)).toEqual({ loaded: ['guard', 'toy'], learned: 0 });
    expect(await loads('perplexity-filter', helpers)).toEqual({ loaded: ['toy'], learned: 1 });
    expect(await loads('safe-decoding', helpers)).toEqual({ loaded: ['clear', 'toy'], learned: 0 });
  }
});
