import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLines } from '../../scripts/cli/lines.ts';
import { eachTrial, openTrials, type TrialsEnd } from '../../scripts/cli/trial-file.ts';
import { trialLine } from '../../src/lab/records/export.ts';
import { record } from '../lab/trial-records.ts';

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-trials-'));
});
afterAll(() => rm(folder, { recursive: true }));
function file(content?: string | Buffer): string {
  const path = join(folder, `${files++}.jsonl`);
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

const line = (id: string) => trialLine(record({ attack: 'direct-request', id }));
const lines = (...ids: readonly string[]) => ids.map((id) => `${line(id)}\n`).join('');
function read(path: string): { readonly ids: readonly string[]; readonly end: TrialsEnd } {
  const ids: string[] = [];
  const end = eachTrial(path, (trial) => ids.push(trial.record.behavior));
  return { ids, end };
}
const empty: TrialsEnd = { whole: 0, torn: 0, open: false };

describe('lines', () => {
  const all = (path: string, longest = 100) =>
    Array.from(readLines(path, longest), ({ number, start, end, bytes }) => [
      number,
      start,
      end,
      bytes?.toString() ?? null,
    ]);
  test('have numbers and places, and no line feeds', () => {
    expect(all(file('a\n\nbc'))).toEqual([
      [1, 0, 1, 'a'],
      [2, 2, 2, ''],
      [3, 3, 5, 'bc'],
    ]);
    expect(all(file('a\n'))).toEqual([[1, 0, 1, 'a']]);
    expect(all(file(''))).toEqual([]);
    expect(all(file('\ufeffa\n'))).toEqual([[1, 3, 4, 'a']]);
  });
  test('are whole whatever their length', () => {
    const texts = [3_000_000, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 0, 7].map((n) => 'é'.repeat(n));
    const path = file(texts.join('\n'));
    const found = Array.from(readLines(path, 10_000_000), ({ bytes }) => bytes!.toString());
    expect(found).toEqual(texts);
  });
  test('that are too long are not read', () => {
    const path = file(`${'x'.repeat(50)}\n${'y'.repeat(5_000_000)}\nz\n`);
    expect(all(path)[1]![3]).toBeNull();
    expect(all(path, 40)[0]).toEqual([1, 0, 50, null]);
  });
});

describe('trials are read', () => {
  test('one by one, with a byte order mark, empty lines and line ends of Windows', () => {
    const path = file(`\ufeff${line('a')}\r\n\r\n${line('b')}\r\n`);
    expect(read(path)).toMatchObject({ ids: ['a', 'b'], end: { torn: 0, open: false } });
  });
  test('up to an incomplete last line, with or without a line feed', () => {
    const whole = Buffer.byteLength(lines('a', 'b'));
    for (const torn of ['{"vers', '{"vers\n', '\0\0\0\0', `${line('c').slice(0, -1)}\n\n`]) {
      const { ids, end } = read(file(lines('a', 'b') + torn));
      expect(ids).toEqual(['a', 'b']);
      expect(end).toEqual({ whole, torn: Buffer.byteLength(torn), open: false });
    }
  });
  test('to the last one, also without its line feed', () => {
    const text = lines('a', 'b').trimEnd();
    expect(read(file(text))).toEqual({ ids: ['a', 'b'], end: { whole: text.length, torn: 0, open: true } });
  });
  test('as none where there is no file', () => {
    expect(read(file())).toEqual({ ids: [], end: empty });
  });
  test.each([
    ['broken', `{"behav\n`, 'line 2: this is not a complete trial (Unterminated string'],
    ['not a record', `{"version":1}\n`, 'line 2: this is not a complete trial (model: '],
    ['null', `null\n`, 'line 2: this is not a complete trial (record: '],
    [
      'not UTF-8',
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      'line 2: this is not a complete trial (it is not text',
    ],
  ])('but a line that is %s is refused with its number', (_, wrong, reason) => {
    const text = Buffer.concat([Buffer.from(lines('a')), Buffer.from(wrong), Buffer.from(lines('b'))]);
    expect(() => read(file(text))).toThrow(reason);
  });
});

describe('trials are appended', () => {
  test('after what is whole: what an interrupted write left is cut off first', () => {
    const path = file(lines('a', 'b'));
    truncateSync(path, lines('a', 'b').length - 8);
    const trials = openTrials(path, read(path).end);
    expect(readFileSync(path, 'utf8')).toBe(lines('a'));
    const [span] = trials.append([line('c')]);
    expect(trials.read(span!)).toBe(line('c'));
    trials.close();
    expect(readFileSync(path, 'utf8')).toBe(lines('a', 'c'));
  });
  test('on a line of their own, also behind a last line without a line feed', () => {
    const path = file(lines('a').trimEnd());
    const trials = openTrials(path, read(path).end);
    trials.append([line('b'), line('c')]);
    trials.close();
    expect(readFileSync(path, 'utf8')).toBe(lines('a', 'b', 'c'));
  });
  test('until the disk is full: what was written of the last one is cut off, and the reason told', () => {
    const path = file();
    let room = Buffer.byteLength(lines('a', 'b')) + 20;
    const write = (to: number, bytes: Buffer, offset: number, length: number) => {
      if (room === 0) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
      const written = writeSync(to, bytes, offset, Math.min(length, room));
      room -= written;
      return written;
    };
    const trials = openTrials(path, empty, write);
    trials.append([line('a')]);
    expect(() => trials.append([line('b'), line('c')])).toThrow(/no room left on the disk \(ENOSPC\)/);
    trials.close();
    expect(readFileSync(path, 'utf8')).toBe(lines('a', 'b'));
    expect(read(path)).toMatchObject({ ids: ['a', 'b'], end: { torn: 0 } });
  });
  test('by one program at a time', () => {
    const path = file();
    const [one, other] = [openTrials(path, empty), openTrials(path, empty)];
    one.append([line('a')]);
    expect(() => other.append([line('a')])).toThrow('Another program writes to');
    one.append([line('b')]);
    for (const trials of [one, other]) trials.close();
    expect(readFileSync(path, 'utf8')).toBe(lines('a', 'b'));
  });
  test('nowhere else: a folder that cannot be written is named', () => {
    expect(() => openTrials(join(folder, 'none', 'trials.jsonl'), empty)).toThrow('cannot be written');
  });
});
