/** @file Rows of a CSV file. Fields are split by papaparse; lines, names of columns and broken rows are our part. */
import type Papa from 'papaparse';
import { LabError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import type { RowProblem, Rows, TableRow } from './table-row.ts';

export interface CsvOptions {
  /** Default: as the first lines suggest. */
  readonly delimiter?: string | undefined;
  /** Whether the first row names the columns. Default: yes, unless it is a single text that names none. */
  readonly hasHeader?: boolean | undefined;
  /** True if `name` is the name of a column in some known file. */
  readonly isColumnName: (name: string) => boolean;
}

/** Characters of a row; more means a quotation mark that is never closed. */
const mostRowCharacters = 2 ** 20;
/** Rows with broken quotation marks, each of which is read twice. */
const mostBroken = 200;

interface Parsed {
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly { readonly row?: number }[];
  readonly meta: { readonly cursor: number };
}

const breaksIn = (text: string): number => text.split('\n').length - 1;
const linesOf = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.includes('\n') ? breaksIn(cell) : 0), 1);

/** Where the line after `lines` others begins; the length of the text if it has no more. */
function lineStart(text: string, lines: number): number {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const next = text.indexOf('\n', at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}

/**
 * A row whose quotation marks are broken is left out with its first line alone, and reading goes on at the next line.
 * @param text with `\n` at the ends of lines
 * @throws LabError 'bad-input' when too many rows are broken
 */
export async function* csvRows(text: AsyncIterable<string>, options: CsvOptions): Rows {
  // On demand, because few visits read such a file.
  const { default: papa } = await import('papaparse');
  let parser: InstanceType<typeof papa.Parser> | null = null;
  let columns: readonly string[] | null = null;
  let [rest, line, broken] = ['', 1, 0];

  const rowOf = (cells: readonly string[], at: number): TableRow | RowProblem | null => {
    if (cells.every((cell) => cell.trim() === '')) return null;
    if (!columns) {
      columns = columnNames(cells, options);
      if (columns !== null) return null;
      columns = cells.map((_, i) => `column ${i + 1}`);
    }
    if (cells.length > columns.length)
      return {
        line: at,
        column: null,
        message: `The row has ${plural(cells.length, 'field')}, and there are ${plural(columns.length, 'column')}. A text that holds the separator must stand in quotation marks.`,
      };
    return { line: at, values: Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])) };
  };
  const brokenRow = (): RowProblem => {
    if (++broken > mostBroken)
      throw new LabError('bad-input', `More than ${mostBroken} rows have broken quotation marks.`, {
        advice: 'Check that this is a CSV file, and that quotation marks within a text are doubled.',
      });
    return {
      line,
      column: null,
      message: 'A quotation mark is not closed, or stands in a quoted text without being doubled.',
    };
  };

  const take = (isLast: boolean): readonly (TableRow | RowProblem)[] => {
    const rows: (TableRow | RowProblem)[] = [];
    parser ??= new papa.Parser({ delimiter: options.delimiter ?? delimiterOf(rest, papa), newline: '\n' });
    for (;;) {
      if (rest === '') return rows;
      const { data, errors, meta } = parser.parse(rest, 0, !isLast) as Parsed;
      // Errors in a row that goes on in the next piece come again, if they are any.
      const bad = errors.find(({ row = Infinity }) => row < data.length)?.row;
      const start = line;
      for (const cells of data.slice(0, bad)) {
        const row = rowOf(cells, line);
        if (row) rows.push(row);
        line += linesOf(cells);
      }
      const isUnclosed = !isLast && data.length === 0 && rest.length > mostRowCharacters;
      if (bad === undefined && !isUnclosed) {
        rest = isLast ? '' : rest.slice(meta.cursor);
        return rows;
      }
      rows.push(brokenRow());
      rest = rest.slice(lineStart(rest, line - start + 1));
      line++;
    }
  };

  for await (const piece of text) {
    rest += piece;
    // The separator is told from several lines.
    if (parser || rest.length > 20_000) yield take(false);
  }
  yield take(true);
}

/** @returns `null` if the first row is data already */
function columnNames(cells: readonly string[], { hasHeader, isColumnName }: CsvOptions) {
  if (!(hasHeader ?? (cells.length > 1 || isColumnName(cells[0]!)))) return null;
  const seen = new Map<string, number>();
  return cells.map((cell, i) => {
    const name = cell.trim() || `column ${i + 1}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

/** Of the separators that spreadsheets write, the one that splits the first line into the most fields; else the comma. */
function delimiterOf(text: string, papa: typeof Papa): string {
  const [line = ''] = text.trimStart().split('\n', 1);
  const fieldsBy = (delimiter: string) => papa.parse<string[]>(line, { delimiter }).data[0]?.length ?? 0;
  return [',', '\t', ';', '|'].toSorted((a, b) => fieldsBy(b) - fieldsBy(a))[0]!;
}
