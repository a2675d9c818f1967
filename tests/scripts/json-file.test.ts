import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJson } from '../../scripts/cli/json-file.ts';
import { brokenAt, positionOf } from '../../src/core/json-position.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-json-'));
});
afterAll(() => rm(folder, { recursive: true }));
async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'file.json');
  await writeFile(path, content);
  return path;
}

test('a byte order mark is skipped', async () => {
  expect(readJson(await file('\ufeff{"a": 1}\r\n'), 'plan file')).toEqual({ a: 1 });
});

test.each([
  ['a word in single quotes', '{\n "version": 1,\n "name": \'mini\'\n}\n', 3, 10],
  ['a number that JSON lacks', '{\n "version": NaN,\n "name": "mini"\n}', 2, 13],
  ['a comma too many', '{\n"a": [1,\n2,\n]}', 4, 1],
  ['a missing comma', '{"a": 1\n "b": 2}', 2, 2],
  ['a missing colon', '{\n"a" 1}', 2, 5],
  ['a comment', '{\n  // why\n  "a": 1}', 2, 3],
  ['a string over two lines', '[\n "a\nb"]', 2, 2],
  ['text behind the end', '{}\n\n{}', 3, 1],
  ['the end too early', '{\n"a": [1,\n', 3, 1],
  ['nothing', '', 1, 1],
])('%s is found by its line and column', async (_, content, line, column) => {
  const path = await file(content);
  expect(() => readJson(path, 'plan file')).toThrow(`file.json, line ${line}, column ${column}: `);
});

test('files that are missing, no text or another encoding are named', async () => {
  expect(() => readJson(join(folder, 'none.json'), 'plan file')).toThrow('There is no plan file');
  expect(() => readJson(folder, 'plan file')).toThrow('cannot be read (EISDIR)');
  const path = await file(Buffer.from('{"name": "Zoë"}', 'latin1'));
  expect(() => readJson(path, 'plan file')).toThrow('not text in UTF-8');
  const utf16 = await file(Buffer.from('\ufeff{}', 'utf16le'));
  expect(() => readJson(utf16, 'plan file')).toThrow('not text in UTF-8');
});

test('a message stays short, whatever the file holds', async () => {
  const path = await file(`{"a": ${'x'.repeat(100_000)}}`);
  expect(() => readJson(path, 'plan file')).toThrow(/^.{1,600}$/s);
});

describe('the place where a text stops being JSON', () => {
  const values = [
    {},
    [],
    'a "b" \\ \u0007 \u007f \ud83d\ude00 \ud83d',
    -0.5e-7,
    [[[]], { a: [true, false, null, { b: [] }] }, ''],
    { list: Array.from({ length: 30 }, (_, i) => ({ [`k${i}`]: i * 1e20, s: 'x'.repeat(i) })) },
  ];
  test('is the end of a whole text', () => {
    for (const text of values.map((value) => JSON.stringify(value, null, 1)))
      expect(brokenAt(text)).toBe(text.length);
  });
  test('is found in a long text in linear time', () => {
    const long = JSON.stringify(Array.from({ length: 200_000 }, (_, i) => ({ id: `b-${i}`, n: i })));
    const before = performance.now();
    expect(brokenAt(`${long.slice(0, -1)},]`)).toBe(long.length);
    expect(performance.now() - before).toBeLessThan(2000);
    expect(brokenAt(JSON.stringify('é'.repeat(5_000_000)))).toBe(5_000_002);
  });
  test('is found in linear time where a long string is torn or holds a wrong sign', () => {
    for (const text of [
      `{"a":"${'x'.repeat(300_000)}`,
      `["${'\\n'.repeat(300_000)}\\q"]`,
      `["${'y'.repeat(300_000)}\n"]`,
    ])
      expect(brokenAt(text)).toBe(text.startsWith('{') ? 5 : 1);
  });
  test('has a line and a column', () => {
    expect(positionOf('a\nbc\n', 0)).toEqual({ line: 1, column: 1 });
    expect(positionOf('a\nbc\n', 3)).toEqual({ line: 2, column: 2 });
    expect(positionOf('a\nbc\n', 5)).toEqual({ line: 3, column: 1 });
  });
});
