import { describe, expect, test } from 'vitest';
import {
  byteOrderMark,
  csvTable,
  trialLine,
  trialLines,
  type ExportOptions,
} from '../../../src/lab/records/export.ts';
import type { TrialRecord } from '../../../src/lab/records/trial.ts';
import { plan, runAll } from '../run/harness.ts';

const { records } = await runAll({ ...plan, defenses: [] });
const record = records[0]!;
const evaluators = Object.keys(record.scores);
const trialsCsv = (rows: readonly TrialRecord[], options: ExportOptions = {}) => {
  const table = csvTable(evaluators, options);
  return [table.head, ...rows.map(table.row)].join('');
};

describe('JSON Lines', () => {
  test('gives back every record, one a line', () => {
    const lines = [...trialLines(records)].map((line) => line.trimEnd());
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(records);
  });

  test('the bytes do not depend on the order in which the fields were made, and end with the times', () => {
    const shuffled = Object.fromEntries(Object.entries(record).toReversed()) as unknown as TrialRecord;
    expect(trialLine(shuffled)).toBe(trialLine(record));
    expect(trialLine(record)).toMatch(/"times":\{"startedAt":"[^"]+","attackMs":[^{}]+\}\}$/);
  });

  test('a field of a later release is kept', () => {
    const later = { ...record, mood: 'calm' } as TrialRecord;
    expect(JSON.parse(trialLine(later))).toEqual(later);
  });

  test('no field of a record is forgotten', () => {
    const failed: TrialRecord = {
      ...record,
      reading: 'r',
      untranslated: 'empty',
      error: { code: 'bad-input', message: 'm', during: 'answer' },
    };
    expect(Object.keys(JSON.parse(trialLine(failed)) as object).toSorted()).toEqual(
      Object.keys(failed).toSorted(),
    );
  });

  test('answers are left out on request, wherever they are quoted', () => {
    const secret = 'xyzzy';
    const telling: TrialRecord = {
      ...record,
      response: secret,
      reading: secret,
      attackSteps: [{ step: 0, candidate: 'kept', detail: { reply: secret } }],
      tokens: [{ id: 1, text: secret, logProb: 0, top: [] }],
      events: [
        {
          defense: 'd',
          action: 'blocked',
          reason: secret,
          detail: { verdict: secret },
          cost: { queries: 3, tokens: 5 },
        },
      ],
      scores: { judge: { value: 1, label: 'complied', explanation: secret } },
    };
    const line = trialLine(telling, { answers: false });
    expect(line).not.toContain(secret);
    expect(line).toContain('complied');
    expect(line).toContain('"cost":{"queries":3,"tokens":5}');
    expect(trialsCsv([telling], { answers: false })).not.toContain(secret);
  });
});

describe('CSV', () => {
  const answering = (response: string) => ({ ...record, response });
  const cell = (response: string) => {
    const [, row = ''] = trialsCsv([answering(response)]).split(/\r\n/);
    return row;
  };

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '=HYPERLINK("http://x","y")', '\n=1+1', '＝1+1'])(
    'text that a spreadsheet would run is defused: %j',
    (text) => {
      expect(trialsCsv([answering(text)])).toContain(`'${text.replaceAll('"', '""')}`);
      expect(cell(text)).not.toMatch(/(^|,)"?[=+\-@\t\n＝]/);
    },
  );

  test('quotes, commas and line breaks stay inside their cell', () => {
    expect(trialsCsv([answering('a "b", c\r\nd')])).toContain(',"a ""b"", c\r\nd",');
  });

  test('what was judged in place of the answer stands beside it', () => {
    const table = trialsCsv([{ ...record, response: 'Fher.', reading: 'Sure.' }]);
    expect(table).toContain(',response,reading,');
    expect(table).toContain(',Fher.,Sure.,');
  });

  test('a spreadsheet is told that the file is UTF-8', () => {
    expect([...new TextEncoder().encode(byteOrderMark)]).toEqual([0xef, 0xbb, 0xbf]);
  });

  test('every row has as many cells as the header, and lines end in CRLF', () => {
    const rows = trialsCsv([answering('plain')]).split('\r\n');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^model,behavior,kind,.*,prefix-match\.value,prefix-match\.label,/);
    expect(rows[2]).toBe('');
  });
});
