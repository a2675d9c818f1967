import { expect, test } from 'vitest';
import { defineAttack } from '../../../src/attacks/attack.ts';
import type { Behavior } from '../../../src/core/behavior.ts';
import { integer } from '../../../src/core/options.ts';
import { heldOut, withTraining } from '../../../src/lab/trials/training.ts';
import { behavior, walk } from '../run/harness.ts';

const learner = defineAttack({
  ...walk,
  id: 'learner',
  options: { count: integer({ description: 'Behaviors.', default: 3, min: 0, max: 9 }) },
  trainsOn: ({ count }) => Number(count),
});
const chosen = (count: number) => ({ method: learner, options: { count } });
const ids = (behaviors: readonly Behavior[]) => behaviors.map(({ id }) => id);
const tested = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => behavior(id));
const others = ['v', 'w', 'x'].map((id) => behavior(id));
const known = [...tested, ...others, behavior('bread', 'benign')];

test('learns from harmful behaviors that are not tested, while there are any', () => {
  const { training } = withTraining(chosen(3), { tested, known, contrast: null, seed: 1 });
  expect(ids(training).toSorted()).toEqual(['v', 'w', 'x']);
});

test('beyond those, from up to half of the tested ones, which it is not tested on', () => {
  const attack = withTraining(chosen(9), { tested, known, contrast: null, seed: 1 });
  expect(attack.training).toHaveLength(6);
  const left = heldOut(attack, tested);
  expect(left).toHaveLength(3);
  expect(ids(left).filter((id) => ids(attack.training).includes(id))).toEqual([]);
});

test('the split comes from the seed, and smaller ones are parts of larger ones', () => {
  const trained = (count: number, seed: number) =>
    ids(withTraining(chosen(count), { tested, known: tested, contrast: null, seed }).training);
  expect(trained(3, 1)).toEqual(trained(3, 1));
  expect(trained(3, 1).slice(0, 2)).toEqual(trained(2, 1));
  expect(new Set([1, 2, 3, 4, 5].map((seed) => trained(3, seed).join())).size).toBeGreaterThan(1);
});

test('an attack that learns nothing is tested on everything', () => {
  const attack = withTraining(
    { method: walk, options: { steps: 1 } },
    { tested, known, contrast: null, seed: 1 },
  );
  expect(heldOut(attack, tested)).toBe(tested);
  expect(withTraining(chosen(0), { tested: [], known: [], contrast: null, seed: 1 }).training).toEqual([]);
});

test('with nothing to spare it learns from nothing, and is tested all the same', () => {
  const only = [behavior('a')];
  const attack = withTraining(chosen(1), { tested: only, known: only, contrast: null, seed: 1 });
  expect(attack.training).toEqual([]);
  expect(heldOut(attack, only)).toBe(only);
});
