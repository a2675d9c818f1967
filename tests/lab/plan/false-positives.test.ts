import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { defaultsOf } from '../../../src/core/options.ts';
import { defenses } from '../../../src/defenses/index.ts';
import { atRate, calibratesGuards, ratedSpec } from '../../../src/lab/plan/false-positives.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { runIdOf } from '../../../src/lab/records/run-id.ts';
import { plan as toys } from '../run/harness.ts';

const planOf = (stack: readonly object[], falsePositives?: number) =>
  parsePlan({ ...toys, defenses: [{ stack }], ...(falsePositives !== undefined && { falsePositives }) });

test('a plan’s rate calibrates the guards, and no other detector that its options would not', () => {
  for (const { id, options } of defenses.all) {
    const { threshold } = options as Partial<Record<string, { readonly default: unknown }>>;
    const isGuard = 'falsePositives' in options && threshold !== undefined && threshold.default !== 0;
    expect(calibratesGuards(planOf([{ id }], 0.1)), id).toBe(isGuard);
    expect(calibratesGuards(planOf([{ id }])), id).toBe(false);
  }
});

test('a threshold that is given holds, whatever its value, beside a rate', () => {
  const { options } = defenses.get('prompt-guard');
  const rated = ratedSpec(options, 0.1);
  expect(defaultsOf(rated)).toMatchObject({ threshold: 0, falsePositives: 0.1 });
  const choice = (own: object) => atRate({ id: 'prompt-guard', options: { ...own } }, options, 0.1).options;
  expect(choice({})).toEqual({ threshold: 0, falsePositives: 0.1 });
  expect(choice({ threshold: 0.5 })).toEqual({ threshold: 0.5, falsePositives: 0.1 });
  const { options: plain } = defenses.get('self-reminder');
  expect(ratedSpec(plain, 0.1)).toEqual(plain);
  expect(ratedSpec(options, undefined)).toEqual(options);
});

test('a run with guards that its rate calibrates is told from one with fixed thresholds; other ids are those of the plan', async () => {
  const idOf = (stack: readonly object[], rate?: number) => runIdOf(planOf(stack, rate), 'wasm');
  const plainIdOf = (stack: readonly object[], rate?: number) => {
    const text = JSON.stringify(['wasm', planOf(stack, rate)]);
    return createHash('sha256').update(text).digest('hex').slice(0, 20);
  };
  const [guard, fixed] = [[{ id: 'prompt-guard' }], [{ id: 'prompt-guard', options: { threshold: 0.5 } }]];
  expect(await idOf(guard, 0.1)).not.toBe(plainIdOf(guard, 0.1));
  for (const [stack, rate] of [
    [guard, undefined],
    [fixed, 0.1],
    [[{ id: 'self-reminder' }], 0.1],
    [[{ id: 'perplexity-filter' }], 0.1],
  ] as const)
    expect(await idOf(stack, rate)).toBe(plainIdOf(stack, rate));
});
