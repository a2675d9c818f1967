import { expect, test } from 'vitest';
import { chunksOfPart } from '../../../src/lab/run/chunks-of-part.ts';
import { runPlan } from '../../../src/lab/run/run-plan.ts';
import { inOneList } from '../../../src/lab/store/run-store.ts';
import { keyText } from '../../../src/lab/records/trial.ts';
import { expanded, linesOf, newRunner, plan, runAll } from './harness.ts';

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
