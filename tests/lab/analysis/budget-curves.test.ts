import { expect, test } from 'vitest';
import { budgetCurve } from '../../../src/lab/analysis/budget-curves.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { record } from '../trial-records.ts';

const card = { id: 'harm', measures: 'harm', yesFrom: 0.75 } as const;
const cell = { model: 'toy', attack: 'a', defense: 'none' } as const;
const trial = (id: string, queries: number, gradients: number, harm: number | null, tokens = 10) =>
  digestOf({
    ...record({ attack: 'a', id, harm }),
    usage: { target: { queries, gradients, scored: 0, promptTokens: tokens, completionTokens: 0 } },
  });

test('a curve counts the successes for no more than each amount, over all that was asked', () => {
  const trials = [trial('w', 4, 2, 1), trial('x', 1, 0, 1), trial('y', 9, 0, 0), trial('z', 10, 0, 1, 30)];
  expect(budgetCurve(card, cell, trials)).toMatchObject({
    asked: 4,
    passes: [
      { spent: 1, successes: 1 },
      { spent: 10, successes: 3 },
    ],
    tokens: [
      { spent: 10, successes: 2 },
      { spent: 30, successes: 3 },
    ],
  });
});

test('replayed results of static attacks have no curve, adaptive ones have', () => {
  const behind = { ...cell, defense: 'self-reminder' };
  expect(budgetCurve(card, behind, [trial('x', 1, 0, 1)])).toBeNull();
  expect(budgetCurve(card, { ...behind, mode: 'adaptive' }, [trial('x', 1, 0, 1)])).not.toBeNull();
});
