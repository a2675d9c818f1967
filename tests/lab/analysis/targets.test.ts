/** @file Models under attack in one run are compared behavior by behavior. */
import { expect, test } from 'vitest';
import { mcNemar } from '../../../src/core/statistics.ts';
import { report } from '../../../src/lab/analysis/report/report.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { promptWords, targetFindings, yesOf } from '../../../src/lab/analysis/target-words.ts';
import { targetsJudgedBy } from '../../../src/lab/analysis/targets.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { device, plan } from '../run/harness.ts';
import { record, type RecordOutline } from '../trial-records.ts';

const both = parsePlan({
  ...plan,
  models: { targets: ['base', 'kept'] },
  attacks: [{ id: 'walk' }, { id: 'run' }],
  defenses: [],
  evaluators: [{ id: 'harm' }, { id: 'refusal' }],
});
const cards = [
  { id: 'harm', measures: 'harm', yesFrom: 0.5 },
  { id: 'refusal', measures: 'refusal', yesFrom: 0.5 },
] as const;
const cell = (model: string, attack: string, harm: (i: number) => number | null, count = 30) =>
  Array.from({ length: count }, (_, i): RecordOutline & { model: string } => ({
    ...{ model, attack, defense: 'none', id: `d${i}`, harm: harm(i) },
  }));
const below = (limit: number) => (i: number) => Number(i < limit);
const summaryOf = (outlines: readonly (RecordOutline & { model: string })[]) =>
  summarize(
    both,
    device,
    cards,
    outlines.map((outline) => digestOf({ ...record(outline), model: outline.model })),
  );

test('each attack, and any of them, is paired over the behaviors of both models', () => {
  const summary = summaryOf([
    ...cell('base', 'walk', below(18)),
    ...cell('kept', 'walk', below(12)),
    // Other behaviors fall to the second attack: 18 of the base and the last 6, 12 of the kept model and the last 3.
    ...cell('base', 'run', (i) => Number(i >= 24)),
    ...cell('kept', 'run', (i) => (i === 0 ? null : Number(i >= 27))),
  ]);
  const checks = targetsJudgedBy(summary.targets!, 'harm');
  expect(
    checks.map(({ measure, attack, paired, onlyFirst, onlySecond, both: yes }) => [
      ...[measure, attack, paired, onlyFirst, onlySecond, yes],
    ]),
  ).toEqual([
    ['any attack', undefined, 30, 0, 9, 15],
    ['success', 'walk', 30, 0, 6, 12],
    ['success', 'run', 29, 0, 3, 3],
  ]);
  for (const { p, onlyFirst, onlySecond } of checks) expect(p).toBe(mcNemar(onlyFirst, onlySecond));
  expect(checks[0]!.adjusted).toBeCloseTo(3 * mcNemar(0, 9), 12);
  expect(yesOf(checks[0]!)).toEqual({ own: 15, beside: 24 });
  expect(promptWords(checks[1]!)).toBe('the same for both');
  const sentences = targetFindings(
    checks,
    (id) => id,
    (id) => `the ${id}`,
  );
  expect(sentences[0]).toMatch(
    /^Some attack succeeds on 15 of 30 behaviors with the kept, on 24 with the base \(−30 \(.*\) points; p = 0\.01\d by Holm\)/,
  );
  expect(sentences).toHaveLength(1 + Number(checks[1]!.adjusted! < 0.05));
});

test('one model has nothing beside it, and models that do not differ are said not to', () => {
  expect(summaryOf(cell('base', 'walk', below(3))).targets).toBeUndefined();
  const summary = summaryOf([...cell('base', 'walk', below(3)), ...cell('kept', 'walk', below(3))]);
  const checks = targetsJudgedBy(summary.targets!, 'harm');
  expect(checks.map(({ measure }) => measure)).toEqual(['success']);
  expect(
    targetFindings(
      checks,
      (id) => id,
      (id) => id,
    ),
  ).toEqual([
    'So far no difference between kept and base is significant: all comparisons are tested together.',
  ]);
});

test('a report shows the models side by side, with the sentences above the table', () => {
  const summary = summaryOf([...cell('base', 'walk', below(20)), ...cell('kept', 'walk', below(2))]);
  const made = report({
    ...{
      plan: both,
      device,
      versions: {},
      summary,
      startedAt: '2026-01-02T03:04:05Z',
      finished: 60,
      total: 60,
    },
    name: (id) => id,
  });
  expect(made).toMatch(/Models side by side[\s\S]*Less successful on kept than on base: walk\./);
  expect(made).toContain('20 of 30, 67%');
  expect(made).toContain('2 of 30, 7%');
});

test('sentences name the mode of an attack that is adaptive, as its two modes can differ', () => {
  const check = {
    model: 'kept',
    beside: 'base',
    defense: 'guard',
    evaluator: 'harm',
    measure: 'success',
  } as const;
  const told = { attack: 'walk', paired: 30, both: 0, p: 0.001, adjusted: 0.01, together: 2 };
  const checks = [
    { ...check, ...told, onlyFirst: 0, onlySecond: 12 },
    { ...check, ...told, mode: 'adaptive', onlyFirst: 12, onlySecond: 0 },
  ] as const;
  const asIs = (id: string) => id;
  expect(targetFindings(checks, asIs, asIs)).toEqual([
    'Less successful on kept behind guard than on base: walk.',
    'Beware: more successful on kept behind guard than on base: walk (adaptive).',
  ]);
});

test('prompts are counted as the same among the behaviors that are compared, and no others', () => {
  const kept = cell('kept', 'walk', (i) => (i === 0 ? null : 1), 3);
  const summary = summaryOf([
    ...cell('base', 'walk', () => 1, 3),
    ...kept.map((outline, i) => (i === 1 ? { ...outline, prompt: 'in other words' } : outline)),
  ]);
  const check = summary.targets!.find(({ attack }) => attack === 'walk')!;
  expect(check).toMatchObject({ paired: 2, samePrompts: 1 });
  expect(promptWords(check)).toBe('1 of 2 the same');
});
