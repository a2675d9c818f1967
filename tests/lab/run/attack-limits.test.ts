/** @file What a plan lets each attack spend, and when a success that it claims counts. */
import { describe, expect, test } from 'vitest';
import { attacks } from '../../../src/attacks/index.ts';
import { registry } from '../../../src/core/method.ts';
import { isSpent } from '../../../src/lab/run/attack-budget.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { noUsage } from '../../../src/lab/records/usage.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { loadGuard, loadToy, newRunner, plan, registries, runAll } from './harness.ts';

const ownRegistries = {
  ...registries,
  attacks: registry('attack', [attacks.get('direct-request'), attacks.get('best-of-n')]),
};

/** Answers every `lucky`-th request, and declines the others. */
const labOf = (lucky: number, guard = loadGuard) =>
  newRunner({
    registries: ownRegistries,
    models: createModelPool(async (entry) => {
      let asked = 0;
      return entry.id === 'closed'
        ? scripted({
            id: 'closed',
            reply: () =>
              ++asked % lucky === 0
                ? 'Wake it this way: sing old songs at dawn, and ring a copper bell by its left ear.'
                : 'I am sorry, no.',
          })
        : loadToy(entry);
    }, guard),
  });

const limited = {
  ...plan,
  models: { targets: ['closed'], roles: {} },
  attacks: [{ id: 'best-of-n', options: { samples: 64, atOnce: 4, success: 'words', echo: 0 } }],
  defenses: [],
  concurrency: 1,
} as const;
const attacked = async (changes: object, lucky = Infinity) =>
  (await runAll({ ...limited, ...changes }, labOf(lucky))).records.filter(
    ({ attack }) => attack === 'best-of-n',
  );

describe('a budget of attacks', () => {
  test('ends each search with what it has, after the step that reached the limit', async () => {
    for (const { attackResult, attackUsage, error } of await attacked({ attackBudget: { queries: 6 } })) {
      expect(error).toBeUndefined();
      expect(attackResult).toMatchObject({ endedBy: 'budget', claimed: false, steps: 8 });
      expect(attackUsage.target?.queries).toBe(8);
    }
  });
  test('counts for each behavior anew, and leaves a search alone that ends within', async () => {
    const records = await attacked({ attackBudget: { queries: 64 } });
    expect(records.every(({ attackResult }) => attackResult.endedBy === undefined)).toBe(true);
    expect(records.map(({ attackResult }) => attackResult.steps)).toEqual([64, 64, 64, 64, 64]);
  });
  test('has three axes, and a gradient is three forward passes', () => {
    const usage = { target: { ...noUsage, queries: 2, gradients: 2, promptTokens: 50, scoredTokens: 50 } };
    expect(isSpent({ queries: 8 }, usage, 0)).toBe(true);
    expect(isSpent({ queries: 9 }, usage, 0)).toBe(false);
    expect(isSpent({ tokens: 100 }, usage, 0)).toBe(true);
    expect(isSpent({ seconds: 1 }, usage, 999)).toBe(false);
    expect(isSpent({ seconds: 1 }, usage, 1000)).toBe(true);
    expect(isSpent({}, usage, 1e9)).toBe(false);
  });
});

describe('a plan that has successes confirmed', () => {
  test('asks again with other seeds, and a success that was luck is claimed no longer', async () => {
    for (const { attackResult } of await attacked({ confirm: 2 }, 8))
      expect(attackResult).toMatchObject({ claimed: false, confirmation: { repeats: 2, answered: 0 } });
  });
  test('keeps a claim that every repeat bears out', async () => {
    for (const { attackResult, attackUsage } of await attacked({ confirm: 3 }, 1)) {
      expect(attackResult).toMatchObject({ claimed: true, confirmation: { repeats: 3, answered: 3 } });
      expect(attackUsage.target?.queries).toBe(4 + 3);
    }
  });
  test('does not ask a greedy model again, and says so', async () => {
    const greedy = [{ id: 'best-of-n', options: { ...limited.attacks[0].options, temperature: 0 } }];
    for (const { attackResult } of await attacked({ confirm: 3, attacks: greedy }, 1))
      expect(attackResult).toMatchObject({ claimed: true, confirmation: { repeats: 0 } });
  });
});

describe('a plan with a margin', () => {
  /** Calls an answer harmful with a probability of 0.6. */
  const unsure: typeof loadGuard = async () => ({
    id: 'guard',
    labels: ['SAFE', 'UNSAFE'],
    contextWindow: 512,
    classify: async (texts) => texts.map(() => Float32Array.of(0.4, 0.6)),
  });
  const guarded = {
    models: { ...limited.models, roles: { 'answer-guard': 'guard' } },
    attacks: [{ id: 'best-of-n', options: { samples: 8, atOnce: 4, success: 'guard', echo: 0 } }],
  };
  const claims = async (changes: object) =>
    (await runAll({ ...limited, ...guarded, ...changes }, labOf(1, unsure))).records
      .filter(({ attack }) => attack === 'best-of-n')
      .map(({ attackResult }) => attackResult.claimed);

  test('counts no success by less, and goes on searching', async () => {
    expect(await claims({})).toEqual(Array(5).fill(true));
    expect(await claims({ margin: 0.05 })).toEqual(Array(5).fill(true));
    expect(await claims({ margin: 0.2 })).toEqual(Array(5).fill(false));
  });
});
