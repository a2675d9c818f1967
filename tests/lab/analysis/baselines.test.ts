import { expect, test } from 'vitest';
import { checkBaselines } from '../../../src/lab/analysis/baselines.ts';
import { baselines } from '../../../src/lab/analysis/report/checks.ts';
import type { Plan } from '../../../src/lab/plan/plan.ts';
import type { TrialDigest } from '../../../src/lab/records/digest.ts';

const card = { id: 'oracle', measures: 'harm', yesFrom: 0.5 } as const;
const planOf = (...ids: readonly string[]) =>
  ({ models: { targets: ['m'] }, attacks: ids.map((id) => ({ id })) }) as unknown as Plan;
const trial = (attack: string, behavior: string, value: number | null, queries = 1): TrialDigest =>
  ({
    model: 'm',
    attack,
    behavior,
    defense: 'none',
    kind: 'harmful',
    asked: behavior,
    scores: { oracle: { value, label: '' } },
    output: { empty: false },
    usage: { queries, scored: 2 * queries, gradients: 0 },
  }) as unknown as TrialDigest;

const behaviors = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

test('pairs a search with its baseline by behavior, and counts what each alone achieves', () => {
  const digests = [
    ...behaviors.map((id, i) => trial('gcg', id, i < 7 ? 1 : 0, 5)),
    ...behaviors.map((id, i) => trial('random-search', id, i === 7 ? 1 : 0, 3)),
  ];
  const [check, ...more] = checkBaselines(planOf('gcg', 'random-search'), [card], digests);
  expect(more).toEqual([]);
  expect(check).toMatchObject({
    attack: 'gcg',
    baseline: 'random-search',
    paired: 8,
    successes: 7,
    baselineSuccesses: 1,
    onlyAttack: 7,
    onlyBaseline: 1,
    spent: {
      attack: { queries: 5, sequences: 10, gradients: 0 },
      baseline: { queries: 3, sequences: 6, gradients: 0 },
    },
  });
  // McNemar: 2 · (C(8, 0) + C(8, 1)) / 2⁸
  expect(check!.p).toBeCloseTo((2 * 9) / 256);
});

test('what a baseline reaches beyond the budget of the attack does not count', () => {
  const digests = [
    ...['a', 'b', 'c'].map((id) => trial('gcg', id, 0, 5)),
    trial('random-search', 'a', 1, 5),
    trial('random-search', 'b', 1, 6),
    trial('random-search', 'c', 0, 9),
  ];
  expect(checkBaselines(planOf('gcg', 'random-search'), [card], digests)[0]).toMatchObject({
    baselineSuccesses: 1,
    onlyBaseline: 1,
    budget: { attack: 15, baseline: 18 },
  });
});

test('a search that learned before its trials is set beside all that its baseline did', () => {
  const digests = ['a', 'b'].flatMap((id) => [
    trial('gcg-universal', id, 1, 1),
    trial('random-search', id, id === 'a' ? 1 : 0, 50),
  ]);
  expect(checkBaselines(planOf('gcg-universal', 'random-search'), [card], digests)[0]).toMatchObject({
    ...{ onlyAttack: 1, baselineSuccesses: 1 },
    budget: { attack: null, baseline: 150 },
  });
});

test('leaves out behaviors that one of them could not be scored on, and pairs of other behaviors', () => {
  const digests = [
    trial('gcg', 'a', 1),
    trial('gcg', 'b', null),
    trial('gcg', 'c', 1),
    trial('random-search', 'a', 0),
    trial('random-search', 'b', 1),
  ];
  expect(checkBaselines(planOf('gcg', 'random-search'), [card], digests)[0]).toMatchObject({
    paired: 1,
    successes: 1,
    baselineSuccesses: 0,
  });
});

test('says nothing where the plan does not hold both', () => {
  const digests = behaviors.map((id) => trial('gcg', id, 1));
  expect(checkBaselines(planOf('gcg'), [card], digests)).toEqual([]);
  expect(baselines([], 'm', (id) => id)).toBeNull();
});

test('a report shows counts, spending and p of both', () => {
  const digests = [
    ...behaviors.map((id) => trial('persuasion+gcg', id, 1, 5)),
    ...behaviors.map((id) => trial('persuasion', id, 0, 3)),
  ];
  const checks = checkBaselines(planOf('persuasion', 'persuasion+gcg'), [card], digests);
  const { markup } = baselines(checks, 'm', (id) => `«${id}»`)!;
  for (const text of ['«persuasion+gcg»', '«persuasion»', '8 of 8', '0 of 8', 'p = 0.008', '5 queries'])
    expect(markup).toContain(text);
});
