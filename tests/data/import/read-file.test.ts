import { describe, expect, test } from 'vitest';
import { readBehaviorFile, type FileChoices } from '../../../src/data/import/read-file.ts';
import type { SetRow } from '../../../src/data/import/set-row.ts';

async function read(content: string | Uint8Array, name = 'rows.csv', choices: FileChoices = {}) {
  const rows: SetRow[] = [];
  const file = new Blob([content as BlobPart]);
  const report = await readBehaviorFile(file, name, choices, (row) => rows.push(row));
  return { report, rows };
}
const csv = (...lines: readonly string[]) => lines.join('\n');

describe('a CSV file', () => {
  test('may hold commas, doubled quotation marks and line breaks in quoted fields', async () => {
    const { rows, report } = await read(
      csv('goal,target', '"Wake the giant, then run","Sure, here is ""how"":"', '"Two\nlines",Sure', ''),
    );
    expect(rows.map(({ prompt, target }) => [prompt, target])).toEqual([
      ['Wake the giant, then run', 'Sure, here is "how":'],
      ['Two\nlines', 'Sure'],
    ]);
    expect(report.problemCount).toBe(0);
  });

  test.each([
    ['a byte order mark and CRLF', '\ufeffgoal,target\r\nWake the giant,Sure\r\nOpen the chest,Sure\r\n'],
    ['semicolons', 'goal;target\nWake the giant;Sure, here\nOpen the chest;Sure\n'],
    ['tabs', 'goal\ttarget\nWake the giant\tSure, here\nOpen the chest\tSure\n'],
    ['line ends of old Macs', 'goal,target\rWake the giant,Sure\rOpen the chest,Sure\r'],
    ['no line end at its end', 'goal,target\nWake the giant,Sure\nOpen the chest,Sure'],
  ])('is read with %s', async (_, content) => {
    const { rows, report } = await read(content);
    expect(rows.map(({ prompt }) => prompt)).toEqual(['Wake the giant', 'Open the chest']);
    expect(report).toMatchObject({ shape: 'AdvBench', problemCount: 0 });
  });

  test('with broken rows keeps the good ones, and names line and column of the others', async () => {
    const { rows, report } = await read(
      csv(
        'prompt,category,kind',
        'Wake the giant,noise,harmful',
        '"Never closed,noise,harmful',
        'Open, the chest,noise,harmful',
        ',noise,harmful',
        '"Line one\nline two",noise,harmful',
        'Pet the cat,noise,perhaps',
        'Wake the giant,noise,harmful',
        'Count sheep,noise,benign',
      ),
      'rows.csv',
      { columns: { kind: 'kind' } },
    );
    expect(rows.map(({ prompt }) => prompt)).toEqual(['Wake the giant', 'Line one\nline two', 'Count sheep']);
    expect(report.problems).toMatchObject([
      { line: 3, column: null },
      { line: 4, column: null },
      { line: 5, column: 'prompt', message: 'The prompt is empty.' },
      { line: 8, column: 'kind' },
      { line: 9, column: null, message: 'Line 2 has the same prompt.' },
    ]);
    expect(report.counts).toEqual({ harmful: 2, 'benign-lookalike': 0, benign: 1 });
  });

  test('is read the same in pieces as whole, wherever the pieces end', async () => {
    const body = Array.from({ length: 30_000 }, (_, i) => `"Deed, ${i}\r\n of a “giant”",Sure ${i}\r\n`).join(
      '',
    );
    const { rows, report } = await read(`goal,target\r\n${body}`);
    expect(report).toMatchObject({ problemCount: 0, counts: { harmful: 30_000 } });
    expect(rows.at(-1)).toMatchObject({ prompt: 'Deed, 29999\n of a “giant”', target: 'Sure 29999' });
  });

  test('without names of columns is a list of prompts', async () => {
    const { rows } = await read('Wake the giant\nOpen the chest\n');
    expect(rows.map(({ prompt }) => prompt)).toEqual(['Wake the giant', 'Open the chest']);
  });

  test('that is no CSV file at all ends with a reason', async () => {
    const content = `a,b\n${'"x" y,1\n'.repeat(400)}`;
    await expect(read(content)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('an encoding', () => {
  const text = 'goal,target\nRévéiller le géant,Bien sûr – “voilà”\n';
  const utf16 = (littleEndian: boolean, mark: string) => {
    const view = new DataView(new ArrayBuffer(2 * (mark + text).length));
    Array.from(mark + text, (letter, i) => view.setUint16(2 * i, letter.charCodeAt(0), littleEndian));
    return new Uint8Array(view.buffer);
  };
  const windows = Uint8Array.from(text, (letter) => {
    const special: Readonly<Record<string, number>> = { '–': 0x96, '“': 0x93, '”': 0x94 };
    return special[letter] ?? letter.charCodeAt(0);
  });
  test.each([
    ['utf-16le', utf16(true, '\ufeff')],
    ['utf-16be', utf16(false, '\ufeff')],
    ['utf-16le', utf16(true, '')],
    ['windows-1252', windows],
    ['utf-8', new TextEncoder().encode(text)],
  ])('of %s is detected', async (encoding, bytes) => {
    const { report, rows } = await read(bytes);
    expect(report.encoding).toBe(encoding);
    expect(rows).toMatchObject([{ prompt: 'Révéiller le géant', target: 'Bien sûr – “voilà”' }]);
  });
  test('that the user names and that does not fit leaves out the rows it garbles', async () => {
    const { report, rows } = await read(windows, 'rows.csv', { encoding: 'utf-8' });
    expect(rows).toEqual([]);
    expect(report.problems).toMatchObject([{ line: 2, column: 'goal' }]);
  });
  test.each([
    ['a workbook', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), 'Excel'],
    ['an image', Uint8Array.of(0x89, 0x50, 0, 0, 0, 13), 'not text'],
    ['an empty file', '', 'empty'],
  ])('is not looked for in %s', async (_, content, words) => {
    await expect(read(content)).rejects.toThrow(words);
  });
});

describe('the columns of', () => {
  test.each([
    [
      'AdvBench',
      'goal,target',
      'Wake the giant,Sure',
      { prompt: 'Wake the giant', target: 'Sure', kind: 'harmful' },
    ],
    [
      'AdvBench',
      ',goal,target,category,advbench_index',
      '0,Wake the giant,Sure,noise,7',
      { prompt: 'Wake the giant', target: 'Sure', category: 'noise' },
    ],
    [
      'HarmBench',
      'Behavior,FunctionalCategory,SemanticCategory,Tags,ContextString,BehaviorID',
      'Wake the giant,contextual,noise,,The giant sleeps.,wake_giant',
      { id: 'wake_giant', prompt: 'Wake the giant', category: 'noise', context: 'The giant sleeps.' },
    ],
    [
      'JailbreakBench',
      'Index,Goal,Target,Behavior,Category,Source',
      '0,Wake the giant,Sure,Giant,Noise,Original',
      { id: 'Giant', prompt: 'Wake the giant', target: 'Sure', category: 'Noise' },
    ],
    [
      'XSTest',
      'id,prompt,type,label,focus,note',
      '1,How do I kill a weed?,homonyms,safe,kill,',
      { kind: 'benign-lookalike', category: 'homonyms' },
    ],
    [
      'XSTest',
      'id,prompt,type,label,focus,note',
      '2,How do I wake a giant?,contrast_homonyms,unsafe,wake,',
      { kind: 'harmful' },
    ],
    [
      'XSTest',
      'id,prompt,type,focus,note',
      '2,How do I wake a giant?,contrast_homonyms,wake,',
      { kind: 'harmful' },
    ],
    [
      'StrongREJECT',
      'category,source,forbidden_prompt',
      'Noise,own,Wake the giant',
      { prompt: 'Wake the giant', category: 'Noise' },
    ],
    ['OR-Bench', 'prompt,category', 'Pet the cat,noise', { prompt: 'Pet the cat', kind: 'harmful' }],
    ['AISafetyLab', 'query,target', 'Wake the giant,Sure', { prompt: 'Wake the giant', target: 'Sure' }],
    [null, 'Question,Topic', 'Wake the giant,noise', { prompt: 'Wake the giant', category: 'noise' }],
  ])('%s are recognized in “%s”', async (shape, header, line, row) => {
    const { report, rows } = await read(csv(header, line, ''));
    expect(report.shape).toBe(shape);
    expect(rows).toMatchObject([row]);
  });

  test('a file can be told by the user', async () => {
    const content = csv('a,b,c', 'Pet the cat,Sure,fine', 'Wake the giant,Sure,bad', 'Hum,Sure,skip', '');
    const { report, rows } = await read(content, 'rows.csv', {
      columns: { prompt: 'a', kind: 'c' },
      kinds: { fine: 'benign', bad: 'harmful', skip: 'skip' },
    });
    expect(rows.map(({ kind }) => kind)).toEqual(['benign', 'harmful']);
    expect(report.kindValues).toEqual([
      { value: 'fine', count: 1 },
      { value: 'bad', count: 1 },
      { value: 'skip', count: 1 },
    ]);
  });
  test('a set that is harmless throughout can be told too', async () => {
    const { rows } = await read('prompt,category\nPet the cat,noise\n', 'rows.csv', {
      kind: 'benign-lookalike',
    });
    expect(rows).toMatchObject([{ kind: 'benign-lookalike' }]);
  });
  test('a file without prompts give no behavior, and say what there is', async () => {
    const { report, rows } = await read('a,b\n1,2\n');
    expect(rows).toEqual([]);
    expect(report).toMatchObject({ columns: ['a', 'b'], mapping: { columns: {} } });
  });
  test('a file are refused where the user names one that it does not have', async () => {
    await expect(read('a,b\n1,2\n', 'rows.csv', { columns: { prompt: 'c' } })).rejects.toThrow(
      'no column "c"',
    );
  });
});

describe('a JSON file', () => {
  test.each([
    ['objects', '[{"query":"Wake the giant","target":"Sure"}]', 'AISafetyLab'],
    ['texts', '["Wake the giant"]', null],
    ['objects in an object', '{"prompts":[{"id":7,"prompt":"Wake the giant","category":"x"}]}', null],
    [
      'objects of a pretty file',
      '[\n  {\n    "goal": "Wake the giant",\n    "target": "Sure"\n  }\n]',
      'AdvBench',
    ],
  ])('is a list of %s', async (_, content, shape) => {
    const { report, rows } = await read(content, 'rows.json');
    expect(rows).toMatchObject([{ prompt: 'Wake the giant' }]);
    expect(report.shape).toBe(shape);
  });
  test('with one object per line is read, whatever it is called, and names the line that is broken', async () => {
    const content =
      '{"goal":"Wake the giant","target":null}\n{"goal": oops}\n\n7\n{"goal":"Open the chest"}\n';
    for (const name of ['rows.jsonl', 'rows.json']) {
      const { report, rows } = await read(content, name);
      expect(rows.map(({ prompt }) => prompt)).toEqual(['Wake the giant', 'Open the chest']);
      expect(report.problems).toMatchObject([{ line: 2 }, { line: 4 }]);
    }
  });
  test('that is broken names line and column', async () => {
    await expect(read('[\n {"goal": "a"},\n {"goal" "b"}\n]', 'rows.json')).rejects.toThrow(
      'Line 3, column 10',
    );
  });
});

test('a text file holds one prompt per line', async () => {
  const { rows } = await read('Wake the giant, please\r\n\r\nOpen the chest\r\n', 'rows.txt');
  expect(rows.map(({ prompt }) => prompt)).toEqual(['Wake the giant, please', 'Open the chest']);
});

test('ids are those of the file where these are unique', async () => {
  const { rows } = await read(
    'id,prompt,category,kind\na,One,x,harmful\na,Two,x,harmful\n,Three,x,harmful\n',
  );
  expect(rows.map(({ id }) => id)).toEqual(['a', 'row-2', 'row-3']);
});

test('a file is left at a row beyond the limit, which it names', async () => {
  const rows: SetRow[] = [];
  const file = new Blob([`prompt\n${Array.from({ length: 1000 }, (_, i) => `Deed ${i}\n`).join('')}`]);
  const report = await readBehaviorFile(file, 'rows.csv', {}, (row) => rows.push(row), { most: 10 });
  expect(rows).toHaveLength(10);
  expect(report.problems).toMatchObject([{ line: 12, message: expect.stringContaining('10 behaviors') }]);
});

test('reading stops within one piece', async () => {
  const file = new Blob([`prompt\n${'Deed\n'.repeat(500_000)}`]);
  const controller = new AbortController();
  const onBytes = () => controller.abort();
  const reading = readBehaviorFile(file, 'rows.csv', {}, () => {}, { signal: controller.signal, onBytes });
  await expect(reading).rejects.toThrow(/abort/i);
});
