/** @file Reads the behaviors of a file: recognizes it, says what it holds, and names what is wrong line by line. */
import { behaviorKinds, type BehaviorKind } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import { count } from '../../core/format.ts';
import { fingerprint } from '../../core/hash.ts';
import { csvRows } from './csv.ts';
import { detectEncoding, textOf, type Encoding, type Reading } from './encoding.ts';
import { formatOf, type Format } from './format.ts';
import { jsonList } from './json.ts';
import { jsonLines, plainLines } from './lines.ts';
import { createMapper, type Mapping } from './mapping.ts';
import { mostRows, type SetRow } from './set-row.ts';
import { fields, isColumnName, recognize, type Columns, type Field } from './shapes.ts';
import { isProblem, type RowProblem, type Rows, type TableRow } from './table-row.ts';

/** What the user says about a file; what is left out is told from the file. */
export interface FileChoices {
  readonly encoding?: Encoding | undefined;
  readonly format?: Format | undefined;
  readonly hasHeader?: boolean | undefined;
  /** Columns by what they hold; `null`: none does. */
  readonly columns?: Readonly<Partial<Record<Field, string | null>>> | undefined;
  /** Of rows whose kind no column says. Default: harmful. */
  readonly kind?: BehaviorKind | undefined;
  /** What the values of the kind's column mean. */
  readonly kinds?: Mapping['kinds'] | undefined;
}

export interface FileReport {
  readonly encoding: Encoding;
  readonly format: Format;
  /** The benchmark whose columns these are; `null` if it is none of those known. */
  readonly shape: string | null;
  readonly note: string | null;
  readonly columns: readonly string[];
  /** The first rows as they are in the file, long texts cut. */
  readonly firstRows: readonly TableRow[];
  readonly mapping: Mapping;
  /** The values of the kind's column, the first of them, and how many rows have each. */
  readonly kindValues: readonly { readonly value: string; readonly count: number }[];
  /** How many behaviors of each kind the file gives. */
  readonly counts: Readonly<Record<BehaviorKind, number>>;
  /** How many of these have a target, a context, a secret. */
  readonly filled: Readonly<Record<'target' | 'context' | 'secret', number>>;
  /** The first of the rows that were left out. */
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

export const mostFileBytes = 128 * 2 ** 20;
const mostProblems = 100;
const mostFirstRows = 6;
const mostCellCharacters = 240;
/** Rows that are read before the columns of a JSON file are settled. */
const sampleRows = 100;

/**
 * Pieces of the file, never all of it, are in memory, beside the behaviors and what JSON lists need.
 * @param name of the file, whose ending suggests its format
 * @param onRow called with each behavior
 * @param most behaviors that are read
 * @throws LabError 'bad-input' for a file that holds no table of texts, or the signal's reason
 */
export async function readBehaviorFile(
  file: Blob,
  name: string,
  choices: FileChoices,
  onRow: (row: SetRow) => void,
  { most = mostRows, ...reading }: Reading & { readonly most?: number } = {},
): Promise<FileReport> {
  checkSize(file);
  const encoding = choices.encoding ?? (await detectEncoding(file, { signal: reading.signal }));
  const format = choices.format ?? (await formatOf(file, name, encoding));
  const rows = rowsIn(format, textOf(file, encoding, reading), choices);

  const sample: (TableRow | RowProblem)[] = [];
  while (sample.length < sampleRows) {
    const { done, value } = await rows.next();
    if (done) break;
    for (const row of value) sample.push(row);
  }
  const whole = sample.filter((row): row is TableRow => !isProblem(row));
  const columns = [...new Set(whole.slice(0, sampleRows).flatMap(({ values }) => Object.keys(values)))];
  const recognized = recognize(columns);
  const named = columnsOf(recognized.columns, choices.columns, columns);
  // A column is taken for that of kinds only if its values are kinds.
  const { kind: kindColumn, ...others } = named;
  const isGuess = choices.columns?.kind === undefined && kindColumn !== undefined;
  const isWrong =
    isGuess && !whole.every(({ values }) => recognized.kindOf(values[kindColumn] ?? '') !== null);
  const mapping: Mapping = {
    columns: isWrong ? others : named,
    kind: choices.kind ?? 'harmful',
    kinds: choices.kinds ?? {},
  };

  const mapper = createMapper(mapping, recognized.kindOf);
  const report = createTally(onRow, most);
  const take = (batch: readonly (TableRow | RowProblem)[]) => {
    for (const row of batch) {
      if (isProblem(row)) report.problem(row);
      else if (mapping.columns.prompt !== undefined) report.add(row, mapper.read(row));
      if (report.isFull) return;
    }
  };
  take(sample);
  if (!report.isFull) for await (const batch of rows) if ((take(batch), report.isFull)) break;
  reading.signal?.throwIfAborted();
  return {
    encoding,
    format,
    shape: recognized.shape,
    note: recognized.note,
    columns,
    firstRows: whole.slice(0, mostFirstRows).map(shortened),
    mapping: { ...mapping, kinds: { ...mapper.kinds() } },
    kindValues: mapper.values(),
    ...report.result(),
  };
}

function checkSize({ size }: Blob): void {
  if (size === 0)
    throw new LabError('bad-input', 'The file is empty.', { advice: 'Choose a file that holds behaviors.' });
  if (size > mostFileBytes)
    throw new LabError(
      'bad-input',
      `The file has ${Math.round(size / 2 ** 20)} MiB; files of up to ${mostFileBytes / 2 ** 20} MiB are read.`,
      { advice: 'Leave out columns and rows that are not needed, or split it.' },
    );
}

function rowsIn(format: Format, text: AsyncIterable<string>, { hasHeader }: FileChoices): Rows {
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

/** @throws LabError 'bad-input' for a column that the file does not have */
function columnsOf(
  guessed: Columns,
  chosen: FileChoices['columns'] = {},
  columns: readonly string[],
): Columns {
  for (const name of Object.values(chosen))
    if (typeof name === 'string' && !columns.includes(name))
      throw new LabError('bad-input', `The file has no column "${name}".`, {
        advice: `It has: ${columns.slice(0, 20).join(', ')}.`,
      });
  return Object.fromEntries(
    fields.flatMap((field) => {
      const name = chosen[field] === undefined ? guessed[field] : chosen[field];
      return typeof name === 'string' ? [[field, name]] : [];
    }),
  );
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

/** Counts behaviors and problems, and leaves out a prompt that comes again. */
function createTally(onRow: (row: SetRow) => void, most: number) {
  const counts = Object.fromEntries(behaviorKinds.map((kind) => [kind, 0])) as Record<BehaviorKind, number>;
  const filled = { target: 0, context: 0, secret: 0 };
  const problems: RowProblem[] = [];
  let [problemCount, total] = [0, 0];
  /** Line of the first row with a prompt and a context, by the fingerprint of these. */
  const seen = new Map<string, number>();
  const problem = (found: RowProblem) => {
    if (++problemCount <= mostProblems) problems.push(found);
  };
  return {
    problem,
    add({ line }: TableRow, read: SetRow | RowProblem | null) {
      if (read === null) return;
      if ('message' in read) return problem(read);
      const key = fingerprint(`${read.context ?? ''}\0${read.prompt}`);
      const before = seen.get(key);
      if (before !== undefined)
        return problem({ line, column: null, message: `Line ${before} has the same prompt.` });
      if (total === most) {
        problem({
          line,
          column: null,
          message: `A set holds ${count(most)} behaviors; the rest is left out.`,
        });
        total++;
        return;
      }
      seen.set(key, line);
      total++;
      counts[read.kind]++;
      for (const field of ['target', 'context', 'secret'] as const) if (read[field]) filled[field]++;
      onRow(read);
    },
    get isFull() {
      return total > most;
    },
    result: () => ({ counts, filled, problems, problemCount }),
  };
}
