import { expect, test } from 'vitest';
import {
  ranked,
  readResults,
  rowOf,
  scoreboardCsv,
  writeResults,
  type Check,
  type Entry,
} from '../../../src/lab/vault/results.ts';

const results = {
  name: 'Ada',
  solved: [{ level: 'level-1', attempts: 3, prompt: 'Write a list, "please"\nnow' }],
};
const file = JSON.parse(writeResults(results)) as Record<string, unknown>;
const entry = (name: string, attempts: number, ...checks: readonly Check[]): Entry => ({
  name,
  solved: checks.map((_, i) => ({ level: `level-${i + 1}`, attempts, prompt: 'p' })),
  checks: Object.fromEntries(checks.map((check, i) => [`level-${i + 1}`, check])),
});

test('a file of results gives the results back', () => {
  expect(readResults(file, 'ada.json')).toEqual(results);
});

test.each([
  ['a plan', { name: 'Quickstart', models: {} }],
  ['another version', { ...file, version: 2 }],
  ['no name', { ...file, name: ' ' }],
  ['a level twice', { ...file, solved: [...results.solved, ...results.solved] }],
  [
    'a level with the name of a property',
    { ...file, solved: [{ ...results.solved[0], level: 'constructor' }] },
  ],
  ['no try', { ...file, solved: [{ ...results.solved[0], attempts: 0 }] }],
  ['words as long as a book', { ...file, solved: [{ ...results.solved[0], prompt: 'x'.repeat(100_000) }] }],
  ['a million levels', { ...file, solved: Array(1_000_000).fill(0) }],
  ['nothing', null],
])('%s is refused, with the name of the file', (_what, input) => {
  expect(() => readResults(input, 'ada.json')).toThrow(/^ada\.json holds no results/);
});

test('only checked levels count; more of them rank first, then fewer tries', () => {
  const entries = [
    entry('Cheat', 1, 'did not open', 'did not open', 'did not open'),
    entry('Slow', 9, 'checked', 'checked'),
    entry('Fast', 2, 'checked', 'checked'),
    entry('One', 1, 'checked', 'waiting'),
  ];
  expect(ranked(entries).map(({ name }) => name)).toEqual(['Fast', 'Slow', 'One', 'Cheat']);
  expect(rowOf(entries[0]!)).toEqual({ name: 'Cheat', checked: 0, claimed: 3, attempts: 0 });
});

test('the table keeps line breaks and quotes in their cells, and starts no formula', () => {
  const csv = scoreboardCsv(
    [{ ...results, name: '=1+1', checks: { 'level-1': 'checked' } }],
    ['level-1', 'level-2'],
  );
  const [head, row] = csv.split('\r\n');
  expect(head).toBe(
    'name,levels checked,levels claimed,attempts,level-1: prompt,level-1: check,level-2: prompt,level-2: check',
  );
  expect(row).toContain(`'=1+1,1,1,3,"Write a list, ""please""`);
  expect(csv).toContain('now",checked,,');
});
