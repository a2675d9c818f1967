import { expect, test } from 'vitest';
import { mcNemar, rateOf } from '../../../src/core/statistics.ts';
import type { PairedCheck } from '../../../src/lab/records/summary.ts';
import {
  parsePublishedResults,
  parseMethodNotes,
  type PublishedResults,
} from '../../../src/lab/analysis/published.ts';
import {
  attackFigures,
  beatsBaseline,
  defenseFigures,
  equalBudget,
  standsOut,
  warningsAbout,
} from '../../../src/lab/analysis/method-figures.ts';

const n = 20;
const rate = (successes: number) => rateOf(Array.from({ length: n }, (_, i) => i < successes));
const cell = (attack: string, defense: string, successes: number, queries = n) => ({
  model: 'm',
  attack,
  defense,
  evaluator: 'oracle',
  ...rate(successes),
  queries,
  sequences: 40,
  gradients: 0,
  tokens: 600,
  elapsedMs: 4000,
});
const benign = (defense: string, successes: number) => {
  const { successes: refused, ...rest } = rate(successes);
  return { model: 'm', defense, ...rest, refused, solved: refused };
};
const summary = {
  plan: 'Made up',
  seed: 1,
  device: { kind: 'wasm', description: 'WebAssembly', threads: 1 },
  elapsedMs: 1,
  cells: [
    cell('direct-request', 'none', 1),
    cell('strong', 'none', 15, 10 * n),
    cell('weak', 'none', 3),
    cell('direct-request', 'slow', 0, 3 * n),
    cell('strong', 'slow', 2, 12 * n),
  ],
  overRefusal: [benign('none', 2), benign('slow', 6)],
  utility: [benign('none', 18), benign('slow', 15)],
  speed: [
    {
      model: 'm',
      defense: 'slow',
      n,
      firstTokenMs: 9,
      addedFirstTokenMs: 4,
      addedFirstTokenInterval: [3, 5],
      tokenMs: 2,
      tokenTimeRatio: 1.5,
      tokenTimeRatioInterval: null,
    },
  ],
  overhead: [
    {
      model: 'm',
      defense: 'slow',
      n,
      queries: { value: 2, interval: null },
      tokens: { value: 50, interval: [40, 60] },
    },
  ],
  claims: [],
  integrity: { outputs: [], warnings: [] },
};
const results: PublishedResults = parsePublishedResults(summary);

test('an attack is set beside asking plainly, its costs as means over behaviors', () => {
  const figures = attackFigures(results, 'strong')!;
  expect(figures).toMatchObject({ queries: 10, sequences: 2, gradients: 0, tokens: 30, ms: 200 });
  expect([figures.cell.successes, figures.baseline?.successes]).toEqual([15, 1]);
  expect(standsOut(figures)).toBe(true);
  expect(standsOut(attackFigures(results, 'weak')!)).toBe(false);
});

test('asking plainly has nothing to be compared with, and an unmeasured attack no figures', () => {
  expect(attackFigures(results, 'direct-request')).toMatchObject({ baseline: null, beside: null });
  expect(attackFigures(results, 'elsewhere')).toBeNull();
});

test('a search is set beside its baseline on the same behaviors, and both by what they were given', () => {
  const spent = { queries: 2, sequences: 30, gradients: 1 };
  const check = {
    ...{ model: 'm', attack: 'strong', baseline: 'weak', evaluator: 'oracle', paired: n, p: 0.002 },
    ...{ successes: 15, baselineSuccesses: 3, onlyAttack: 12, onlyBaseline: 0 },
    budget: { attack: 100, baseline: 95 },
    spent: { attack: spent, baseline: spent },
  };
  const { paired } = attackFigures(parsePublishedResults({ ...summary, baselines: [check] }), 'strong')!;
  expect(paired).toEqual(check);
  expect([beatsBaseline(paired!), equalBudget(paired!)]).toEqual([true, true]);
  expect(beatsBaseline({ ...check, onlyAttack: 0, onlyBaseline: 12 })).toBe(false);
  expect(beatsBaseline({ ...check, p: 0.06 })).toBe(false);
  expect(equalBudget({ ...check, budget: { attack: 100, baseline: 50 } })).toBe(false);
  expect(attackFigures(results, 'strong')!.paired).toBeNull();
});

test('a rate far below that of asking plainly does not stand out', () => {
  const low = parsePublishedResults({
    ...summary,
    cells: [cell('direct-request', 'none', 18), cell('worse', 'none', 0)],
  });
  const figures = attackFigures(low, 'worse')!;
  expect(figures.beside!.adjusted).toBeLessThan(0.001);
  expect(standsOut(figures)).toBe(false);
});

test('a defense has a row for each of its attacks, and its price in queries, refusals and time', () => {
  const figures = defenseFigures(results, 'slow')!;
  expect(
    figures.rows.map(({ attack, open, defended }) => [attack, open.successes, defended.successes]),
  ).toEqual([
    ['direct-request', 1, 0],
    ['strong', 15, 2],
  ]);
  expect(figures.overhead?.queries.value).toBe(2);
  expect(figures.overRefusal).toMatchObject({ open: { rate: 0.1 }, defended: { rate: 0.3 } });
  expect(figures.utility.defended?.solved).toBe(15);
  expect(figures.speed?.tokenTimeRatio).toBe(1.5);
  expect(defenseFigures(results, 'fast')).toBeNull();
});

const check = (named: Partial<PairedCheck>, onlyFirst: number, onlySecond: number): PairedCheck => ({
  ...{ model: 'm', evaluator: 'oracle', measure: 'success', attack: 'strong', defense: 'slow', with: 'none' },
  ...named,
  ...{ paired: n, onlyFirst, onlySecond, p: mcNemar(onlyFirst, onlySecond) },
});

test('rates on the same behaviors are compared behavior by behavior, adjusted for all that a page claims', () => {
  const comparisons = [
    check({ attack: 'strong', defense: 'none', with: 'direct-request' }, 14, 0),
    check({ attack: 'direct-request' }, 0, 1),
    check({}, 1, 14),
    check({ measure: 'over-refusal', attack: 'direct-request' }, 6, 0),
    check({ measure: 'utility', attack: 'direct-request' }, 0, 3),
  ];
  const paired = parsePublishedResults({ ...summary, comparisons });
  expect(standsOut(attackFigures(paired, 'strong')!)).toBe(true);
  expect(attackFigures(paired, 'weak')!.beside).toBeNull();
  const { rows, refusalBeside, utilityBeside } = defenseFigures(paired, 'slow')!;
  // p of 1 and 14 flips: 2 · 16 / 2¹⁵, times four; of 6 and 0: 2 / 2⁶, times three.
  expect(rows.map(({ beside }) => beside!.adjusted)).toEqual([1, expect.closeTo(4 * 0.0009765625, 10)]);
  expect(refusalBeside!.adjusted).toBeCloseTo(3 * 0.03125, 10);
  expect(utilityBeside!.adjusted).toBeCloseTo(0.5, 10);
});

test('a file without pairs is read as if as few behaviors as possible came out alike', () => {
  const { beside } = attackFigures(results, 'strong')!;
  expect(beside).toMatchObject({ paired: n, onlyFirst: 15, onlySecond: 1 });
});

test('a summary or notes of another shape are refused with the field', () => {
  expect(() => parsePublishedResults({ ...summary, cells: [{ ...summary.cells[0], rate: 2 }] })).toThrow(
    /cells\.0\.rate/,
  );
  expect(() => parseMethodNotes({ attacks: { gcg: 3 }, searches: {}, defenses: {} })).toThrow(/attacks\.gcg/);
});

test('what attacks claimed and what was wrong with their outputs stays beside their figures', () => {
  const clean = { failed: 0, empty: 0, unreadable: 0, unscored: 0, harmful: 0, hollow: 0, duplicates: 0 };
  const output = (attack: string) => ({ model: 'm', attack, trials: n, results: n, ...clean });
  const claim = {
    model: 'm',
    attack: 'strong',
    claimed: rate(20),
    replayed: [{ evaluator: 'oracle', ...rate(15) }],
  };
  const warnings = [
    'strong: reported 20 of 20 successes, oracle finds 15 of 20.',
    'strong+weak: 3 of 20 answers are empty.',
    'weak on m: 2 of 20 answers are empty.',
    'm computed some answers in fp16, others in fp32: rates over both mix two models.',
  ];
  const checked = parsePublishedResults({
    ...summary,
    claims: [claim],
    integrity: { outputs: ['strong', 'strong+weak', 'weak'].map(output), agreement: [], warnings },
  });
  expect(attackFigures(checked, 'strong')!.claim).toEqual(claim);
  expect(attackFigures(checked, 'weak')!.claim).toBeNull();
  expect(warningsAbout(checked, ['strong'])).toEqual([warnings[0], warnings[3]]);
  expect(warningsAbout(checked, ['strong+weak', 'weak'])).toEqual(warnings.slice(1));
  const { integrity: _none, ...unchecked } = summary;
  expect(warningsAbout(parsePublishedResults(unchecked), ['strong'])).toBeNull();
});
