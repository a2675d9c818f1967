/** @file Opens a file of rows, whatever its format: told from the file, with its first rows read ahead. */
import { LabError } from '../../core/errors.ts';
import { csvRows } from './csv.ts';
import { detectEncoding, textOf, type Encoding, type Reading } from './encoding.ts';
import { formatOf, type Format } from './format.ts';
import { jsonList } from './json.ts';
import { jsonLines, plainLines } from './lines.ts';
import { isProblem, type RowProblem, type Rows, type TableRow } from './table-row.ts';

/** What the user says about a file; what is left out is told from the file. */
export interface TableChoices {
  readonly encoding?: Encoding | undefined;
  readonly format?: Format | undefined;
  readonly hasHeader?: boolean | undefined;
}

export interface Table {
  readonly encoding: Encoding;
  readonly format: Format;
  readonly columns: readonly string[];
  /** The first rows as they are in the file, long texts cut. */
  readonly firstRows: readonly TableRow[];
  /** Those of the first rows that could be read, from which columns are told. */
  readonly sample: readonly TableRow[];
  /** All rows, the first ones too. */
  readonly rows: Rows;
}

export const mostFileBytes = 128 * 2 ** 20;
const mostFirstRows = 6;
const mostCellCharacters = 240;
/** Rows that are read before the columns of a JSON file are settled. */
const sampleRows = 100;

/**
 * @param name of the file, whose ending suggests its format
 * @param isColumnName as for `csvRows`
 * @throws LabError 'bad-input' for a file that holds no table of texts, or the signal's reason
 */
export async function openTable(
  file: Blob,
  name: string,
  choices: TableChoices,
  isColumnName: (name: string) => boolean,
  reading: Reading = {},
): Promise<Table> {
  checkSize(file);
  const encoding = choices.encoding ?? (await detectEncoding(file, { signal: reading.signal }));
  const format = choices.format ?? (await formatOf(file, name, encoding));
  const rows = rowsIn(format, textOf(file, encoding, reading), choices, isColumnName);
  const first: (TableRow | RowProblem)[] = [];
  while (first.length < sampleRows) {
    const { done, value } = await rows.next();
    if (done) break;
    for (const row of value) first.push(row);
  }
  const sample = first.filter((row): row is TableRow => !isProblem(row));
  return {
    encoding,
    format,
    columns: [...new Set(sample.slice(0, sampleRows).flatMap(({ values }) => Object.keys(values)))],
    firstRows: sample.slice(0, mostFirstRows).map(shortened),
    sample,
    rows: (async function* () {
      yield first;
      yield* rows;
    })(),
  };
}

/** @throws LabError 'bad-input' for a column that the file does not have */
export function checkColumns(chosen: readonly unknown[], columns: readonly string[]): void {
  for (const name of chosen)
    if (typeof name === 'string' && !columns.includes(name))
      throw new LabError('bad-input', `The file has no column "${name}".`, {
        advice: `It has: ${columns.slice(0, 20).join(', ')}.`,
      });
}

function checkSize({ size }: Blob): void {
  if (size === 0)
    throw new LabError('bad-input', 'The file is empty.', { advice: 'Choose a file that holds rows.' });
  if (size > mostFileBytes)
    throw new LabError(
      'bad-input',
      `The file has ${Math.round(size / 2 ** 20)} MiB; files of up to ${mostFileBytes / 2 ** 20} MiB are read.`,
      { advice: 'Leave out columns and rows that are not needed, or split it.' },
    );
}

function rowsIn(
  format: Format,
  text: AsyncIterable<string>,
  { hasHeader }: TableChoices,
  isColumnName: (name: string) => boolean,
): Rows {
  switch (format) {
    case 'csv':
      return csvRows(text, { hasHeader, isColumnName });
    case 'jsonl':
      return jsonLines(text);
    case 'json':
      return jsonList(text);
    case 'lines':
      return plainLines(text);
    default:
      return format satisfies never;
  }
}

const shortened = ({ line, values }: TableRow): TableRow => ({
  line,
  values: Object.fromEntries(
    Object.entries(values).map(([name, text]) => [
      name,
      text.length > mostCellCharacters ? `${text.slice(0, mostCellCharacters)}…` : text,
    ]),
  ),
});
