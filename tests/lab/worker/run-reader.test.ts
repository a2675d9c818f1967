import { expect, test } from 'vitest';
import { registries as all } from '../../../src/lab/trials/registries.ts';
import { overviewOf } from '../../../src/lab/analysis/overview.ts';
import type { CellQuery } from '../../../src/lab/records/cell-page.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { createRunReader } from '../../../src/lab/worker/run-reader.ts';
import { readLabels } from '../../../src/data/import/read-labels.ts';
import { labelsOf } from '../../../src/lab/records/match-labels.ts';
import { byteOrderMark } from '../../../src/lab/records/export.ts';
import { labelsHead } from '../../../src/lab/records/labels.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { inOneList } from '../../../src/lab/store/run-store.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { device, linesOf, newRunner, plan, runAll } from '../run/harness.ts';

const store = createMemoryStore();
const { records } = await runAll(plan, newRunner({ store }));
const evaluators = all.evaluators.all;
const reader = createRunReader(store, evaluators, () => 'black-box');
const cell: CellQuery = {
  model: 'toy',
  attack: 'walk',
  defense: 'self-reminder',
  kind: 'harmful',
  offset: 0,
  limit: 100,
};

test('the overview is the stored one while it covers every trial, and is made again when it does not', async () => {
  const overview = await reader.overview('run');
  expect(overview).toEqual(overviewOf(parsePlan(plan), device, evaluators, records.map(digestOf)));
  expect(await store.overview('run')).toEqual(overview);
  const run = (await store.run('run'))!;
  await store.putRun({ ...run, plan: parsePlan(plan), overview: { ...overview, finished: 3 } });
  expect(await reader.overview('run')).toEqual(overview);
});

test('a cell is read a part at a time, and by verdict', async () => {
  const whole = await reader.cell('run', cell);
  expect(whole).toMatchObject({ finished: 5, matching: 5 });
  const rest = await reader.cell('run', { ...cell, offset: 3, limit: 100 });
  expect(rest.trials).toEqual(whole.trials.slice(3));
  const harmed = (is: boolean | null) =>
    reader.cell('run', { ...cell, verdict: { evaluator: 'prefix-match', is } });
  const [yes, no, unclear] = await Promise.all([harmed(true), harmed(false), harmed(null)]);
  expect(yes.matching + no.matching + unclear.matching).toBe(5);
  for (const { scores } of yes.trials) expect(scores['prefix-match']!.value).toBe(1);
});

test('a trial comes with its neighbors, and with the steps of the attack that it meets', async () => {
  const [first, second, third] = (await reader.cell('run', cell)).trials;
  const opened = await reader.trial('run', second!);
  expect(opened).toMatchObject({ position: 1, count: 5 });
  expect(opened.before?.behavior).toBe(first!.behavior);
  expect(opened.after?.behavior).toBe(third!.behavior);
  const attacked = { ...second!, defense: 'none' };
  expect(opened.record.attackSteps).toHaveLength(3);
  expect(opened.record.attackSteps).toEqual((await reader.trial('run', attacked)).record.attackSteps);
});

test('the steps of an attack are recorded once, with the undefended trial', () => {
  for (const { attack, defense, attackSteps } of records)
    expect(attackSteps).toHaveLength(defense !== 'none' ? 0 : attack === 'walk' ? 3 : 1);
});

test('an export holds every record, and a table a row for each', async () => {
  const lines = (await (await reader.exported('run', 'jsonl', {})).text()).trimEnd().split('\n');
  expect(linesOf(lines.map((line) => JSON.parse(line) as (typeof records)[number]))).toEqual(
    linesOf(records),
  );
  const blob = await reader.exported('run', 'csv', { answers: false });
  expect([...new Uint8Array(await blob.slice(0, 3).arrayBuffer())]).toEqual([0xef, 0xbb, 0xbf]);
  expect((await blob.text()).trimEnd().split('\r\n')).toHaveLength(1 + records.length);
});

test('runs and trials that are not stored are said to be', async () => {
  await expect(reader.overview('other')).rejects.toMatchObject({ code: 'bad-input' });
  await expect(reader.trial('run', { ...records[0]!, behavior: 'z' })).rejects.toThrow(/not finished/);
});

test("a person's labels are an evaluator of the run, the truth for the others, and a file", async () => {
  const labelling = createMemoryStore();
  await runAll(plan, newRunner({ store: labelling }));
  const labelled = createRunReader(labelling, evaluators, () => 'black-box');
  const before = await labelled.overview('run');
  const { trials } = await labelled.cell('run', cell);
  for (const [i, trial] of trials.slice(0, 4).entries())
    await labelled.label('run', trial, [true, true, false, null][i]);

  const { summary } = await labelled.overview('run');
  const own = summary.cells.find((one) => {
    return one.evaluator === 'person' && one.attack === 'walk' && one.defense === 'self-reminder';
  });
  expect(own).toMatchObject({ n: 5, scored: 3, successes: 2, answers: { undecided: 2 } });
  const [check] = summary.evaluators!;
  expect(check).toMatchObject({ truth: ['labels'], evaluator: 'prefix-match' });
  expect(summary.evaluators!.map(({ evaluator }) => evaluator)).not.toContain('person');

  const judged = await labelled.cell('run', { ...cell, verdict: { evaluator: 'person', is: true } });
  expect(judged.trials.map(({ behavior }) => behavior)).toEqual(
    trials.slice(0, 2).map(({ behavior }) => behavior),
  );
  const { record } = await labelled.trial('run', trials[3]!);
  expect(record.scores['person']).toMatchObject({ value: null, label: 'unclear' });

  const file = await labelled.inFormat('run', 'labels');
  const rows = await readLabels(file, 'labels.csv');
  expect(rows.map(({ label }) => label)).toEqual([true, true, false, null]);
  const digests = (await inOneList(labelling.digests('run'))).map(({ digest }) => digest);
  expect([...labelsOf(rows, digests)]).toEqual([...(await labelling.labels('run'))]);

  for (const trial of trials) await labelled.label('run', trial, undefined);
  expect(await labelled.overview('run')).toEqual(before);
  const empty = await (await labelled.inFormat('run', 'labels')).arrayBuffer();
  expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(empty)).toBe(byteOrderMark + labelsHead);
});
