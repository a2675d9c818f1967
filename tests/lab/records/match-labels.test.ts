import { describe, expect, test } from 'vitest';
import { readLabels } from '../../../src/data/import/read-labels.ts';
import { labelsOf } from '../../../src/lab/records/match-labels.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { keyText } from '../../../src/lab/records/trial.ts';
import { record } from '../trial-records.ts';

const read = (text: string, name = 'labels.csv') => readLabels(new Blob([text]), name);
const trial = (id: string, attack = 'a', defense = 'none') => digestOf(record({ attack, id, defense }));

describe('a file of labels', () => {
  test('is read as CSV with a byte order mark, as JSON Lines and as JSON', async () => {
    const csv = await read('\ufeffBehavior,Attack,Label\r\nx,a,Harmful\r\n"y",a,0\r\nz,a,unclear\r\n');
    expect(csv.map(({ key, label }) => [key.behavior, key.attack, label])).toEqual([
      ['x', 'a', true],
      ['y', 'a', false],
      ['z', 'a', null],
    ]);
    const lines = await read('{"behavior":"x","label":true}\n{"behavior":"y","label":null}\n', 'l.jsonl');
    expect(lines.map(({ label }) => label)).toEqual([true, null]);
    expect(await read('[{"behavior":"x","label":1}]', 'l.json')).toMatchObject([{ label: true }]);
  });
  test('names the line of a label that is none, and a column that is missing', async () => {
    await expect(read('behavior,label\nx,harmful\ny,maybe\n')).rejects.toThrow(
      'Line 3 of the labels: "maybe"',
    );
    await expect(read('behavior,verdict\nx,harmful\n')).rejects.toThrow('no column "label"');
  });
});

describe('labels put to a run', () => {
  const digests = [trial('x'), trial('x', 'b'), trial('y')];
  const row = (key: Record<string, string>, label: boolean | null = true) => ({ line: 2, key, label });

  test('need only the columns that tell its answers apart', () => {
    const labels = labelsOf([row({ behavior: 'y' }), row({ behavior: 'x', attack: 'b' }, false)], digests);
    expect([...labels]).toEqual([
      [keyText(digests[2]!), true],
      [keyText(digests[1]!), false],
    ]);
  });
  test.each([
    ['several answers', [row({ behavior: 'x' })], '2 answers'],
    ['none', [row({ behavior: 'w' })], 'no answer'],
    ['one twice, otherwise', [row({ behavior: 'y' }), row({ behavior: 'y' }, false)], 'otherwise'],
  ])('are refused where a row names %s', (_what, rows, message) => {
    expect(() => labelsOf(rows, digests)).toThrow(message);
  });
});
