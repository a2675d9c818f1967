import { expect, test } from 'vitest';
import { recordProblem } from '../../../src/lab/records/check.ts';
import { record } from '../trial-records.ts';

const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;
const token = { id: 1, text: 'a', logProb: -1, top: [] };

test('a record nested too deeply to be written again is refused, wherever it is nested', () => {
  const whole = record({ attack: 'walk', id: 'a' });
  expect(recordProblem(whole)).toBeNull();
  expect(recordProblem({ ...whole, newer: deep })).toMatch(/^newer.*32 levels/);
  expect(recordProblem({ ...whole, tokens: [{ ...token, newer: deep }] })).toMatch(
    /^tokens\.0\.newer.*32 levels/,
  );
  const top = [{ id: 1, text: 'a', logProb: -1, top: deep }];
  expect(recordProblem({ ...whole, tokens: [{ ...token, top }] })).toMatch(
    /^tokens\.0\.top\.0\.top.*32 levels/,
  );
});
