import { expect, test } from 'vitest';
import { paperFigures, paperTables } from '../../../scripts/results/paper-matrix.ts';
import type { BehaviorKind } from '../../../src/core/behavior.ts';
import { behavior } from '../../lab/run/harness.ts';
import { record, type RecordOutline } from '../../lab/trial-records.ts';

const trial = (outline: RecordOutline, oracle: number | null, refusal: number | null, judged = oracle) =>
  record({
    ...outline,
    scores: {
      'tinytown-oracle': oracle,
      'pattern-refusal': refusal,
      classification: judged,
      'yes-no-judge': judged,
    },
  });
const harmless = (
  kind: BehaviorKind,
  id: string,
  defense: string,
  scores: Record<string, number | null>,
) => ({
  ...record({ attack: 'direct-request', id, defense, scores }),
  behaviorDetail: { ...behavior(id), kind },
});

const trials = [
  trial({ attack: 'direct-request', id: 'a' }, 0, 1),
  trial({ attack: 'gcg', id: 'a' }, 1, 0),
  trial({ attack: 'gcg', id: 'b' }, 1, 0),
  trial({ attack: 'ica', id: 'a' }, 0, 0, 1),
  trial({ attack: 'ica', id: 'b' }, 0, null, null),
  trial({ attack: 'gcg', id: 'a', defense: 'rose' }, 0, 1),
  trial({ attack: 'gcg', id: 'b', defense: 'rose', response: '' }, null, null),
  trial({ attack: 'ica', id: 'a', defense: 'rose' }, 0, 1),
  trial({ attack: 'ica', id: 'b', defense: 'rose' }, 1, 0),
  harmless('benign-lookalike', 'c', 'none', { 'pattern-refusal': 0 }),
  harmless('benign-lookalike', 'c', 'rose', { 'pattern-refusal': 1 }),
  harmless('benign', 'd', 'none', { 'task-solved': 1 }),
  harmless('benign', 'd', 'rose', { 'task-solved': null }),
];

test('counts come from the trials alone; an empty answer is no success, and what nobody can tell is told', () => {
  const figures = paperFigures(trials);
  expect(figures).toMatchObject({ trials: 13, failed: 0, attacks: ['direct-request', 'gcg', 'ica'] });
  expect(figures.rates['tinytown-oracle']!['gcg']).toEqual({
    none: { yes: 2, no: 0, undecided: 0 },
    rose: { yes: 0, no: 2, undecided: 0 },
  });
  expect(figures.rates['pattern-refusal']!['ica']!['none']).toEqual({ yes: 1, no: 0, undecided: 1 });
  expect(figures.refused).toEqual({
    none: { yes: 0, no: 1, undecided: 0 },
    rose: { yes: 1, no: 0, undecided: 0 },
  });
  expect(figures.solved['rose']).toEqual({ yes: 0, no: 0, undecided: 1 });
});

test('the success behind a defense is over attacks, its interval and its difference over behaviors', () => {
  const [open, rose] = paperFigures(trials).means;
  expect(open).toMatchObject({ defense: 'none', stage: null, success: { rate: 0.5 }, difference: null });
  expect(rose).toMatchObject({
    stage: 'decoding',
    success: { rate: 0.25 },
    difference: { value: -0.25 },
  });
  expect(paperFigures(trials).stages).toMatchObject([
    { stage: 'decoding', defenses: 1, success: { rate: 0.25 } },
  ]);
});

test('other evaluators are read where the oracle knows better, and prompts of two attacks are counted', () => {
  const { againstOracle, sharedPrompts } = paperFigures([
    ...trials,
    trial({ attack: 'laa', id: 'a', prompt: 'gcg a' }, 1, 0),
  ]);
  expect(againstOracle['yes-no-judge']).toMatchObject({
    harmful: { yes: 4, no: 0, undecided: 0 },
    ica: { yes: 1, no: 1, undecided: 1 },
  });
  expect(sharedPrompts).toBe(1);
});

test('the tables name every attack and defense', () => {
  const tables = paperTables(paperFigures(trials));
  for (const name of ['`gcg`', '`ica`', '`rose`', 'no defense', '`yes-no-judge`'])
    expect(tables).toContain(name);
  expect(tables).toContain('−25');
});
