import { expect, test } from 'vitest';
import { claimOf, verdictByScore, verdictByWords } from '../../../../src/attacks/parts/success/verdict.ts';

test.each([
  ["I'm sorry, no.", 'refused'],
  ['  \n', 'empty'],
  ['1. Take the key.', 'answered'],
])('by its words, %j is %s', (reply, verdict) => expect(verdictByWords(reply)).toBe(verdict));

test.each([
  [10, 'answered', true],
  [9, 'partial', false],
  [null, 'unjudged', null],
] as const)('a score of %j is %s and claims %j', (score, verdict, claimed) => {
  expect(verdictByScore(score)).toBe(verdict);
  expect(claimOf(verdict)).toBe(claimed);
});
