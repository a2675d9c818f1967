import { expect, test } from 'vitest';
import { z } from 'zod';
import { LabError } from '../../src/core/errors.ts';
import { excerpt, firstOf, issueTexts } from '../../src/core/excerpt.ts';
import { sizeProblem } from '../../src/core/nesting.ts';

test('a short text stays as it is, line breaks and emoji included', () => {
  expect(excerpt('wake it 👩‍🚀\n\tor not')).toBe('wake it 👩‍🚀\n\tor not');
});

test('a long text is cut and says its length, and never between the halves of a character', () => {
  expect(excerpt('a'.repeat(5000), 3)).toBe('aaa… (5000 characters)');
  expect(excerpt('ab👩👩', 3)).toBe('ab… (6 characters)');
});

test('what a terminal or a page would act on is written out', () => {
  expect(excerpt('\u001b[2Jx\r\0')).toBe('\\u001b[2Jx\\u000d\\u0000');
  expect(excerpt('a\ud800b')).toBe('a\\ud800b');
  expect(excerpt('safe\u202ecilam')).toBe('safe\\u202ecilam');
});

test('a list names the first twenty and counts the rest', () => {
  const texts = firstOf([...Array(50).keys()], String);
  expect(texts).toHaveLength(21);
  expect(texts.at(-1)).toBe('and 30 more');
  expect(firstOf(['x'.repeat(400), 'y'.repeat(500), 'z'], String)).toHaveLength(3);
  expect(firstOf(Array<string>(9).fill('x'.repeat(300)), String).at(-1)).toBe('and 6 more');
});

test('an error is short, whatever it quotes', () => {
  const huge = 'x'.repeat(1_000_000);
  const { message, advice } = new LabError('bad-plan', huge, { advice: huge });
  expect(message.length + advice.length).toBeLessThan(2000);
});

test('of several forms, the one that a value comes closest to is explained', () => {
  const schema = z.union([
    z.strictObject({ set: z.string() }),
    z.strictObject({ list: z.array(z.string()) }),
  ]);
  const { error } = z.object({ sources: z.array(schema) }).safeParse({ sources: [{ list: ['a', 7] }] });
  expect(issueTexts(error!.issues, 'file')[0]).toMatch(/^sources\.0\.list\.1: .*string/);
});

test('data nested too deep or too large is found without overflowing the stack', () => {
  const limits = { depth: 5, values: 1000 };
  const deep = JSON.parse(`${'{"a":['.repeat(50_000)}${']}'.repeat(50_000)}`) as unknown;
  expect(sizeProblem({ b: deep }, limits)).toMatch(/^b\.a\.0\.a: .*5 levels/);
  expect(sizeProblem(Array(2000).fill(0), limits)).toMatch(/more than 1000 values/);
  expect(sizeProblem({ a: [{ b: [1, 2] }] }, limits)).toBeNull();
});
