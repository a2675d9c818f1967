import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../../src/lab/analysis/compare.ts';
import type { RunContents } from '../../../src/lab/records/run.ts';
import type { TrialRecord } from '../../../src/lab/records/trial.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { smallRun, withRecords, type SmallRun } from '../small-run.ts';

const evaluators = registries.evaluators.all;
const compare = (first: RunContents, second: RunContents) => compareRuns(first, second, evaluators);
const base = smallRun({ behaviors: [{ set: 'tinytown', limit: 10 }] });

/** The run with the oracle's scores of one cell put in, in the order of its trials. */
function scored(run: SmallRun, values: readonly (number | null)[]): RunContents {
  const inCell = ({ defense, attack, behaviorDetail }: TrialRecord) =>
    defense === 'none' && attack === 'direct-request' && behaviorDetail.kind === 'harmful';
  const cell = run.records.filter(inCell);
  return withRecords(
    run,
    run.records.map((record) => {
      if (!inCell(record)) return record;
      const score = { value: values[cell.indexOf(record)]!, label: '', explanation: '' };
      return { ...record, scores: { ...record.scores, 'tinytown-oracle': score } };
    }),
  );
}
const firstCell = (first: readonly (number | null)[], second: readonly (number | null)[]) =>
  compare(scored(base, first), scored(base, second)).models[0]!.cells[0]!;

test('a run does not differ from itself', () => {
  const { differences, models } = compare(base, base);
  expect(differences).toEqual([]);
  const [model] = models;
  const rates = [...model!.cells, ...model!.overRefusal, ...model!.utility];
  expect(model!.cells).toHaveLength(2 * 2 * 3);
  expect(model!.overRefusal).toHaveLength(3);
  for (const rate of rates) expect(rate).toMatchObject({ difference: 0, p: 1, flipped: [] });
});

describe('a pair of cells', () => {
  const ones = Array.from({ length: 10 }, () => 1);
  test('gives both rates, the difference, and the exact test on what flipped', () => {
    const cell = firstCell(ones, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(cell).toMatchObject({
      attack: 'direct-request',
      defense: 'none',
      evaluator: 'tinytown-oracle',
      first: { rate: 1, scored: 10 },
      second: { rate: 0.4, scored: 10 },
      paired: 10,
      // 2 / 2⁶
      p: expect.closeTo(0.03125, 10) as unknown,
    });
    expect(cell.difference).toBeCloseTo(-0.6, 12);
    const ids = base.records.slice(4, 10).map(({ behavior }) => behavior);
    expect(cell.flipped).toEqual(ids.map((behavior) => ({ behavior, first: true, second: false })));
  });
  test('pairs only what both could score', () => {
    const cell = firstCell([null, null, ...ones.slice(2)], [...ones.slice(0, 8), null, 0]);
    expect(cell).toMatchObject({ paired: 7, first: { scored: 8 }, second: { scored: 9 }, p: 1 });
    expect(cell.flipped).toHaveLength(1);
    // Of the seven, not of eight and nine.
    expect(cell.difference).toBeCloseTo(-1 / 7, 12);
    expect(
      firstCell(
        ones.map(() => null),
        ones,
      ),
    ).toMatchObject({ difference: null, paired: 0, p: null });
  });
});

describe('runs of different plans', () => {
  test('say what differs besides results', () => {
    const other = smallRun({
      behaviors: [{ set: 'tinytown', limit: 10 }],
      seed: 3,
      attacks: [{ id: 'direct-request' }, { id: 'gcg' }],
    });
    const { differences, models } = compare(base, { ...other, versions: { ...other.versions, engine: '3' } });
    expect(differences).toEqual([
      'seed: 0 in the first run, 3 in the second.',
      'attack assistant-prefix: only in the first run.',
      'engine: "2.0" in the first run, "3" in the second.',
      'attack gcg: only in the second run.',
    ]);
    expect(new Set(models[0]!.cells.map(({ attack }) => attack))).toEqual(new Set(['direct-request']));
  });
  test('of one model each pair those models', () => {
    const hardened = smallRun({ models: { targets: ['tinytown-base'], roles: base.plan.models.roles } });
    const [model] = compare(base, hardened).models;
    expect(model).toMatchObject({ first: 'tinytown-chat', second: 'tinytown-base' });
    // The second run has four forbidden behaviors of the ten.
    expect(model!.cells.every(({ paired }) => paired <= 4)).toBe(true);
  });
  test('do not pair behaviors that share nothing but an id', () => {
    const changed = base.records.map((record) => ({
      ...record,
      behaviorDetail: { ...record.behaviorDetail, prompt: `${record.behaviorDetail.prompt}?` },
    }));
    const { differences, models } = compare(base, withRecords(base, changed));
    expect(differences.at(-1)).toMatch(/^30 behaviors have another prompt/);
    expect(models[0]!.cells.every(({ paired }) => paired === 0)).toBe(true);
  });
  test('with nothing in common are refused', () => {
    expect(() => compare(base, smallRun({ evaluators: [{ id: 'task-solved' }] }))).toThrow(
      'share no evaluator',
    );
    const apart = smallRun({
      attacks: [{ id: 'gcg' }],
      behaviors: [{ set: 'tinytown', kinds: ['harmful'], limit: 1 }],
    });
    expect(() => compare(base, apart)).toThrow('share no model, attack and defense');
  });
});
