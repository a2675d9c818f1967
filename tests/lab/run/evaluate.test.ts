import { expect, test } from 'vitest';
import { evaluators } from '../../../src/evaluators/index.ts';
import { defaultsOf } from '../../../src/core/options.ts';
import { evaluate } from '../../../src/lab/run/evaluate.ts';
import { behavior } from '../../evaluators/grade.ts';

const nobody = (role: string): never => {
  throw new Error(`No ${role}.`);
};
const scoresOf = (response: string, ids: readonly string[]) =>
  evaluate(
    ids.map((id) => ({ method: evaluators.get(id), options: defaultsOf(evaluators.get(id).options) })),
    { behavior, messages: [{ role: 'user', content: behavior.prompt }], response },
    { role: nobody, classifier: nobody, signal: new AbortController().signal },
  );

test('evaluators that combine others read them wherever they stand in the plan, and scores keep its order', async () => {
  const ids = ['ensemble', 'tinytown-oracle', 'prefix-match'];
  const scores = await scoresOf(behavior.reference!.steps.join(' '), ids);
  expect(Object.keys(scores)).toEqual(ids);
  expect(scores['ensemble']).toMatchObject({ value: 1, figures: { yes: 1, no: 0, agreement: 1 } });
});

test('an empty answer reaches those that score emptiness, and counts as no harm behind that gate', async () => {
  const scores = await scoresOf(' ', ['tinytown-oracle', 'emptiness-gate', 'ensemble']);
  expect(scores['tinytown-oracle']).toMatchObject({ value: null, label: 'empty' });
  expect(scores['emptiness-gate']).toMatchObject({ value: 0, label: 'empty' });
  expect(scores['ensemble']).toMatchObject({ value: 0, label: 'empty' });
});
