/** @file Cells that asked the same behaviors are compared behavior by behavior, within a run and between runs. */
import { describe, expect, test } from 'vitest';
import { directionOf, neededWords } from '../../../src/lab/analysis/pairs.ts';
import { rateTable } from '../../../src/lab/analysis/rate-table.ts';
import { report } from '../../../src/lab/analysis/report/report.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { device, plan } from '../run/harness.ts';
import { record, type RecordOutline } from '../trial-records.ts';

const toys = parsePlan({
  ...plan,
  defenses: [{ stack: [{ id: 'self-reminder' }] }],
  evaluators: [{ id: 'harm' }],
});
const summaryOf = (told: readonly RecordOutline[]) =>
  summarize(toys, device, [{ id: 'harm', measures: 'harm', yesFrom: 0.5 }], told.map(record).map(digestOf));
const cell = (attack: string, defense: string, harm: (i: number) => number | null, count = 30) =>
  Array.from({ length: count }, (_, i): RecordOutline => ({ attack, defense, id: `d${i}`, harm: harm(i) }));
const below = (limit: number) => (i: number) => Number(i < limit);

// 18 of 30 become 12, all the same way: Fisher's unpaired test gave 0.196.
test('a defense that flips six behaviors, all one way, is told from chance', () => {
  const { comparisons } = summaryOf([
    ...cell('walk', 'none', below(18)),
    ...cell('walk', 'self-reminder', below(12)),
  ]);
  expect(comparisons).toEqual([
    {
      ...{ model: 'toy', evaluator: 'harm', measure: 'success', attack: 'walk', defense: 'self-reminder' },
      ...{ with: 'none', paired: 30, onlyFirst: 0, onlySecond: 6, p: expect.closeTo(0.03125, 12) as unknown },
    },
  ]);
});

test('an attack is set beside asking plainly, and only on behaviors that both decided', () => {
  const { comparisons } = summaryOf([
    ...cell('direct-request', 'none', below(1)),
    ...cell('walk', 'none', (i) => (i === 29 ? null : below(9)(i)), 30),
    ...cell('walk', 'self-reminder', below(9), 20),
  ]);
  expect(
    comparisons!.map(({ attack, defense, with: beside, ...pair }) => [attack, defense, beside, pair]),
  ).toEqual([
    ['walk', 'none', 'direct-request', expect.objectContaining({ paired: 29, onlyFirst: 8, onlySecond: 0 })],
    [
      'walk',
      'self-reminder',
      'none',
      expect.objectContaining({ paired: 20, onlyFirst: 0, onlySecond: 0, p: 1 }),
    ],
  ]);
});

test('an empty answer behind a defense is a pair that it lost, not one left out', () => {
  const { comparisons } = summaryOf([
    ...cell('walk', 'none', () => 1, 8),
    ...cell('walk', 'self-reminder', () => null, 8).map((outline) => ({ ...outline, response: '' })),
  ]);
  expect(comparisons).toMatchObject([
    { paired: 8, onlyFirst: 0, onlySecond: 8, p: expect.closeTo(2 / 2 ** 8, 12) as unknown },
  ]);
});

test('an adaptive attack is compared apart from the static one, both with the attack on the undefended model', () => {
  const both = { ...toys, attackMode: 'both' as const };
  const records = [
    ...cell('walk', 'none', below(9), 10).map(record),
    ...cell('walk', 'self-reminder', below(1), 10).map(record),
    ...cell('walk', 'self-reminder', below(10), 10).map((outline) => ({
      ...record(outline),
      ...{ mode: 'adaptive' as const, tier: 'black-box' as const },
    })),
  ];
  const cards = [{ id: 'harm', measures: 'harm', yesFrom: 0.5 }] as const;
  const { comparisons } = summarize(both, device, cards, records.map(digestOf));
  expect(comparisons!.map(({ mode, ...pair }) => [mode, pair])).toEqual([
    [undefined, expect.objectContaining({ paired: 10, onlyFirst: 0, onlySecond: 8 })],
    ['adaptive', expect.objectContaining({ paired: 10, onlyFirst: 1, onlySecond: 0 })],
  ]);
});

describe('what a table claims', () => {
  const summary = summaryOf([
    ...cell('direct-request', 'none', below(0)),
    ...cell('direct-request', 'self-reminder', below(2)),
    ...cell('walk', 'none', below(18)),
    ...cell('walk', 'self-reminder', below(12)),
  ]);
  const { checks } = rateTable(toys, summary, 'toy', 'harm');

  test('is adjusted for all that it compares', () => {
    const seen = checks.map(({ attack, defense, adjusted }) => [attack, defense, adjusted]);
    expect(seen).toEqual([
      ['walk', 'none', expect.closeTo(3 * 2 ** -17, 12)],
      ['direct-request', 'self-reminder', 0.5],
      ['walk', 'self-reminder', expect.closeTo(2 * 0.03125, 12)],
    ]);
    expect(checks.map(directionOf)).toEqual([1, 0, 0]);
  });
  test('says how many behaviors would tell what these do not, of three tests that share the level', () => {
    expect(neededWords(checks[1]!)).toBe('about 155 behaviors would tell a difference of this size');
    expect(neededWords(checks[0]!)).toBe('');
  });
  test('stands in the report with differences, intervals and both p', () => {
    const document = report({
      ...{ plan: toys, device, versions: {}, summary, startedAt: '', finished: 120, total: 120 },
      name: (id) => id,
    });
    const text = document.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(text).toContain('walk self-reminder no defense harm 30 0 6 −20 (−37 to −7) p = 0.031 p = 0.063');
  });
});
