import { expect, test } from 'vitest';
import { readVariables, writeVariables } from '../../../src/lab/plan/chat-template.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { checkRequest } from '../../../src/lab/plan/request.ts';
import { runIdOf } from '../../../src/lab/records/run-id.ts';
import { planInput } from '../../ui/plan.ts';

const withTemplate = (chatTemplate: object) => parsePlan({ ...planInput, chatTemplate });

test('a plan has a date of its own, which names the run with the variables', async () => {
  const plan = parsePlan(planInput);
  expect(plan.chatTemplate).toEqual({ date: '2024-07-26', variables: {} });
  const id = (other: typeof plan) => runIdOf(other, 'wasm');
  expect(await id(withTemplate({}))).toBe(await id(plan));
  expect(await id(withTemplate({ date: '2025-07-26' }))).not.toBe(await id(plan));
  expect(await id(withTemplate({ variables: { enable_thinking: false } }))).not.toBe(await id(plan));
});

test.each([
  [{ date: 'today' }, /chatTemplate\.date.*2024-07-26/],
  [{ date: '2025-13-01' }, /chatTemplate\.date/],
  [{ variables: { messages: 'x' } }, /"messages" is set by the lab/],
  [{ variables: { 'a b': 'x' } }, /cannot be the name/],
  [{ variables: { a: { b: 1 } } }, /chatTemplate\.variables\.a/],
])('%j is refused, with its path', (chatTemplate, message) => {
  expect(() => withTemplate(chatTemplate)).toThrow(message);
});

test('a request is checked alike', () => {
  const behavior = { id: 'b', prompt: 'p', category: 'c', set: 's', kind: 'benign' as const };
  const request = {
    ...{ model: 'm', defenses: [], roles: {}, seed: 0 },
    sampling: { temperature: 0, topP: 1, maxNewTokens: 9 },
  };
  expect(() => checkRequest({ ...request, chatTemplate: { date: '2025-01-31' } }, behavior)).not.toThrow();
  expect(() => checkRequest({ ...request, chatTemplate: { date: '31.1.2025' } }, behavior)).toThrow(/date/);
});

test('variables are read as a person types them', () => {
  expect(readVariables(['enable_thinking=false', 'n = 2', 'name=a=b', 'quoted="2"', 'list=[1]'])).toEqual({
    enable_thinking: false,
    n: 2,
    name: 'a=b',
    quoted: '2',
    list: '[1]',
  });
  expect(() => readVariables(['enable_thinking'])).toThrow(/no "="/);
});

test('variables are written as they are read', () => {
  const variables = {
    flag: false,
    none: null,
    n: -2.5,
    word: 'be brief',
    blank: ' x ',
    empty: '',
    lines: 'a\nb\r',
    number: '2',
    truth: 'true',
    quoted: '"x"',
  };
  const lines = writeVariables(variables);
  expect(lines.filter((line) => /[\r\n]/.test(line))).toEqual([]);
  expect(readVariables(lines)).toEqual(variables);
});
