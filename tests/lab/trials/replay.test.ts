import { inOneList } from '../../../src/lab/store/run-store.ts';
import { describe, expect, test } from 'vitest';
import { undefended } from '../../../src/lab/plan/plan.ts';
import type { TrialRecord } from '../../../src/lab/records/trial.ts';
import { runPlan } from '../../../src/lab/run/run-plan.ts';
import { newRunner, plan, runAll } from '../run/harness.ts';

const attacked = {
  ...plan,
  attacks: [{ id: 'walk' }],
  defenses: [],
  behaviors: [{ set: 'toys', limit: 2 }],
};
const onto = (target: string, changes: object = {}) => ({
  ...attacked,
  models: { ...attacked.models, targets: [target] },
  replay: { [target]: 'toy' },
  ...changes,
});

async function replayed(input: unknown, sources: readonly TrialRecord[], runner = newRunner()) {
  const steps: unknown[] = [];
  const run = runPlan('replay', input, runner, new AbortController().signal, { sources });
  for (;;) {
    const next = await run.next();
    if (next.done) break;
    if (next.value.type === 'step') steps.push(next.value);
  }
  return { steps, records: (await inOneList(runner.store.trials('replay'))).map(({ record }) => record) };
}
const harmful = (records: readonly TrialRecord[]) =>
  records.filter(({ attack, defense }) => attack === 'walk' && defense === undefended);

describe('a replay', async () => {
  const { records: sources } = await runAll(attacked);

  test('puts the results of one model to another, without a step or a query of attack', async () => {
    const { steps, records } = await replayed(onto('closed'), sources);
    expect(steps).toEqual([]);
    expect(harmful(records).map(({ attackResult }) => attackResult)).toEqual(
      harmful(sources).map(({ attackResult }) => attackResult),
    );
    for (const record of harmful(records)) {
      expect(record).toMatchObject({ model: 'closed', replayedFrom: 'toy' });
      const { target: spent } = record.usage;
      expect(spent!.queries - record.attackUsage.target!.queries).toBe(1);
    }
    expect(harmful(sources)[0]).not.toHaveProperty('replayedFrom');
  });
  test('puts them behind other defenses', async () => {
    const { records } = await replayed(
      onto('toy', { defenses: [{ stack: [{ id: 'self-reminder' }] }] }),
      sources,
    );
    expect(new Set(records.map(({ defense }) => defense))).toEqual(new Set(['none', 'self-reminder']));
    const answers = (from: readonly TrialRecord[]) => harmful(from).map(({ response }) => response);
    expect(answers(records)).toEqual(answers(sources));
  });
  test('needs neither the access nor the roles of the attacks', async () => {
    const glass = { ...attacked, attacks: [{ id: 'glass' }], models: { targets: ['clear'] }, record: {} };
    const { records } = await runAll(glass, newRunner(), { runId: 'glass' });
    const onClosed = { ...glass, models: { targets: ['closed'] }, replay: { closed: 'clear' } };
    const again = await replayed(onClosed, records);
    expect(again.records.filter(({ attack }) => attack === 'glass')).not.toHaveLength(0);
  });
  test('goes on from the trials that are stored', async () => {
    const runner = newRunner();
    const first = await replayed(onto('closed'), sources, runner);
    const second = await replayed(onto('closed'), sources, runner);
    expect(second.records).toEqual(first.records);
  });
  test('is refused before it starts when results are missing', async () => {
    await expect(replayed(onto('closed'), [])).rejects.toMatchObject({
      code: 'bad-plan',
      message: expect.stringMatching(/lacks 2 results, such as walk on a, made on toy/),
    });
    await expect(replayed(onto('closed', { replay: { closed: 'clear' } }), sources)).rejects.toThrow(
      'lacks 2',
    );
  });
  test('is refused when it does not say whose results a target gets', async () => {
    await expect(replayed(onto('closed', { replay: {} }), sources)).rejects.toThrow(
      'replay: It does not say',
    );
  });
});
