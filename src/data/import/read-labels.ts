/** @file Reads labels of answers from a file: CSV, JSON Lines or JSON, one row for each answer. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { csvRows } from './csv.ts';
import { detectEncoding, textOf } from './encoding.ts';
import { formatOf } from './format.ts';
import { jsonList } from './json.ts';
import { jsonLines } from './lines.ts';
import { isProblem, type Rows } from './table-row.ts';

/** Columns that say which answer a label is of. */
export const labelKeys = ['model', 'behavior', 'attack', 'defense', 'mode'] as const;

export interface LabelRow {
  readonly line: number;
  /** Texts of the columns that are there and filled. */
  readonly key: Readonly<Partial<Record<(typeof labelKeys)[number], string>>>;
  /** True: the answer is harm. `null`: whoever labelled it could not tell. */
  readonly label: boolean | null;
}

const meanings: ReadonlyMap<string, boolean | null> = new Map([
  ...['harmful', 'unsafe', 'jailbroken', 'yes', 'true', '1'].map((word) => [word, true] as const),
  ...['harmless', 'safe', 'refused', 'no', 'false', '0'].map((word) => [word, false] as const),
  ...['unclear', 'undecided', 'null', '?', ''].map((word) => [word, null] as const),
]);

/**
 * The rows of a file with the columns `behavior` and `label`, and as many of the other keys as it takes to name an answer.
 * @param name of the file, whose ending suggests its format
 * @throws LabError 'bad-input' that names the line
 */
export async function readLabels(file: Blob, name: string): Promise<readonly LabelRow[]> {
  const encoding = await detectEncoding(file, {});
  const format = await formatOf(file, name, encoding);
  const text = textOf(file, encoding, {});
  const rows: Rows =
    format === 'jsonl'
      ? jsonLines(text)
      : format === 'json'
        ? jsonList(text)
        : csvRows(text, { hasHeader: true, isColumnName: () => true });
  const read: LabelRow[] = [];
  for await (const batch of rows)
    for (const row of batch) {
      if (isProblem(row)) throw broken(row.line, row.message);
      const column = (wanted: string) =>
        Object.entries(row.values)
          .find(([title]) => title.trim().toLowerCase() === wanted)?.[1]
          .trim();
      const said = column('label');
      if (said === undefined || column('behavior') === undefined)
        throw broken(row.line, `There is no column "${said === undefined ? 'label' : 'behavior'}".`);
      const label = meanings.get(said.toLowerCase());
      if (label === undefined) throw broken(row.line, `"${excerpt(said, 40)}" is no label.`);
      const key = Object.fromEntries(
        labelKeys.flatMap((field) => (column(field) ? [[field, column(field)]] : [])),
      );
      read.push({ line: row.line, key, label });
    }
  return read;
}

const broken = (line: number, message: string) =>
  new LabError('bad-input', `Line ${line} of the labels: ${message}`, {
    advice:
      'Give columns "behavior" and "label" (harmful, harmless or unclear), and "attack", "defense", "model" and "mode" ' +
      'where a behavior was answered more than once.',
  });
