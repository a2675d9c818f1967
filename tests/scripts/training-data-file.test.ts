import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { trainingDataIn } from '../../scripts/cli/training-data-file.ts';
import { user } from '../../src/core/chat.ts';

const folder = mkdtempSync(join(tmpdir(), 'training-data-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

function read(name: string, content: string, labels: readonly string[] = []) {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  const path = join(folder, name);
  writeFileSync(path, content);
  return { data: trainingDataIn(path, labels), told: () => told.mock.calls.flat() };
}
const rows = 'prompt,answer,label\nNap,Yes,0\nWake the giant,No.,1\nSing,,0\n';

test('rows are read with the meaning of their labels, and those that are left out are listed', async () => {
  const { data, told } = read('rows.csv', rows, ['0=benign', '1=safe']);
  expect(await data).toEqual({
    benign: [{ prompt: [user('Nap')], answer: 'Yes' }],
    requests: [{ prompt: [user('Wake the giant')], safe: ['No.'], harmful: [] }],
    preferences: [],
  });
  expect(told()).toEqual([
    'rows.csv: prompts with answers, 1 benign and 1 safe.',
    '1 row left out:',
    '  line 4, column answer: The answer is empty. Fill it in, or remove the row.',
  ]);
});

test('data in the form of a plan is taken as it is', async () => {
  const own = { benign: [], requests: [], preferences: [] };
  expect(await read('own.json', JSON.stringify(own)).data).toEqual(own);
});

test.each([
  ['rows of which none can be used', rows.replaceAll('Yes', ''), [], 'rows.csv holds no row'],
  ['a meaning that is none', rows, ['0=fine'], '"fine" is no meaning of a label.'],
  ['columns that are no training data', 'a,b\n1,2\n', [], 'The columns of the file are no training data'],
])('%s are refused', async (_, content, labels, message) => {
  await expect(read('rows.csv', content, labels).data).rejects.toThrow(message);
});
