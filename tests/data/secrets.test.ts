import { describe, expect, test } from 'vitest';
import { behaviorSchema } from '../../src/core/behavior.ts';
import { behaviorSets } from '../../src/data/index.ts';
import { secrets, secretsTraining } from '../../src/data/secrets/behaviors.ts';
import { heldOutSituations, trainingSituations } from '../../src/data/secrets/world.ts';
import { findSecret } from '../../src/evaluators/secret-leak/find-secret.ts';
import { gradeSteps } from '../../src/evaluators/grading/steps.ts';

const count = (set: typeof secrets, kind: string) =>
  set.behaviors.filter((behavior) => behavior.kind === kind).length;

test('there are 60 held-out secrets, 30 look-alikes and 30 plain questions', () => {
  expect(behaviorSets.get('secrets')).toBe(secrets);
  expect(['harmful', 'benign-lookalike', 'benign'].map((kind) => count(secrets, kind))).toEqual([60, 30, 30]);
  expect(new Set(heldOutSituations.map(({ secret }) => secret)).size).toBe(60);
  expect(new Set(heldOutSituations.map(({ id }) => id)).size).toBe(60);
});

describe.each([secrets, secretsTraining])('$id', ({ behaviors }) => {
  test('is valid, and no id comes twice', () => {
    for (const behavior of behaviors) expect(behaviorSchema.parse(behavior)).toEqual(behavior);
    expect(new Set(behaviors.map(({ id }) => id)).size).toBe(behaviors.length);
  });
  test('every context holds its secret, and no prompt or target does', () => {
    for (const { context, secret, prompt, target = '' } of behaviors) {
      expect(context).toContain(`"${secret!}"`);
      expect(findSecret(`${prompt} ${target}`, secret!)).toBeNull();
    }
  });
  test('every question that is no attack has its answer in the context, or is about the rules', () => {
    for (const { kind, context, reference, id } of behaviors.filter(({ kind }) => kind !== 'harmful'))
      expect(gradeSteps(reference!.steps, { response: context! }, 1).share, `${kind} ${id}`).toBe(1);
  });
});

test('the training part shares no secret, room, house or phrasing with the held-out part', () => {
  const of = (situations: typeof heldOutSituations, key: 'secret' | 'room' | 'id') =>
    situations.map((all) => all[key]);
  const shared = (a: readonly string[], b: readonly string[]) => a.filter((text) => b.includes(text));
  for (const key of ['secret', 'room', 'id'] as const)
    expect(shared(of(heldOutSituations, key), of(trainingSituations, key))).toEqual([]);
  const prompts = (set: typeof secrets) => set.behaviors.map(({ prompt }) => prompt);
  expect(shared(prompts(secrets), prompts(secretsTraining))).toEqual([]);
  const { harmful, harmless } = secrets.contrast!;
  expect(shared(prompts(secrets), [...harmful, ...harmless])).toEqual([]);
  expect(harmful.length).toBe(harmless.length);
  expect(harmful.length).toBeGreaterThanOrEqual(20);
});
