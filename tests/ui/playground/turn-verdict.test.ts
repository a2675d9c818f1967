import { expect, test } from 'vitest';
import { turnVerdict } from '../../../src/ui/playground/turn-verdict.ts';

const evaluators = [
  { id: 'words', measures: 'harm', yesFrom: 0.5 },
  { id: 'oracle', measures: 'harm', yesFrom: 0.5, exact: true },
  { id: 'refusals', measures: 'refusal', yesFrom: 0.5 },
] as const;
const score = (value: number | null, label: string) => ({ value, label, explanation: '' });

test('an exact evaluator of harm comes before others, and before refusals', () => {
  const scores = { words: score(0, 'no'), oracle: score(1, 'complied'), refusals: score(0, 'answered') };
  expect(turnVerdict(scores, evaluators)).toEqual({ evaluator: 'oracle', label: 'complied', tone: 'attack' });
});

test('where no evaluator of harm could tell, the verdict is whether the answer refuses', () => {
  const scores = { oracle: score(null, 'no reference'), refusals: score(1, 'refused') };
  expect(turnVerdict(scores, evaluators)).toEqual({
    evaluator: 'refusals',
    label: 'refused',
    tone: 'defense',
  });
  expect(turnVerdict({ oracle: score(null, 'no reference') }, evaluators)).toBeNull();
});
