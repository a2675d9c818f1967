/** @file Reads the behaviors of a file: recognizes it, says what it holds, and names what is wrong line by line. */
import { behaviorKinds, type BehaviorKind } from '../../core/behavior.ts';
import { count } from '../../core/format.ts';
import { fingerprint } from '../../core/hash.ts';
import type { Reading } from './encoding.ts';
import { createProblems, type LeftOut } from './problems.ts';
import { createMapper, type Mapping } from './mapping.ts';
import { mostRows, type SetRow } from './set-row.ts';
import { fields, isColumnName, recognize, type Columns, type Field } from './shapes.ts';
import { isProblem, type RowProblem, type TableRow } from './table-row.ts';
import { checkColumns, openTable, type Table, type TableChoices } from './table.ts';

export interface FileChoices extends TableChoices {
  /** Columns by what they hold; `null`: none does. */
  readonly columns?: Readonly<Partial<Record<Field, string | null>>> | undefined;
  /** Of rows whose kind no column says. Default: harmful. */
  readonly kind?: BehaviorKind | undefined;
  /** What the values of the kind's column mean. */
  readonly kinds?: Mapping['kinds'] | undefined;
}

export interface FileReport extends Omit<Table, 'sample' | 'rows'>, LeftOut {
  /** The benchmark whose columns these are; `null` if it is none of those known. */
  readonly shape: string | null;
  readonly note: string | null;
  readonly mapping: Mapping;
  /** The values of the kind's column, the first of them, and how many rows have each. */
  readonly kindValues: readonly { readonly value: string; readonly count: number }[];
  /** How many behaviors of each kind the file gives. */
  readonly counts: Readonly<Record<BehaviorKind, number>>;
  /** How many of these have a target, a context, a secret. */
  readonly filled: Readonly<Record<'target' | 'context' | 'secret', number>>;
}

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
  const table = await openTable(file, name, choices, isColumnName, reading);
  const { encoding, format, columns, firstRows, sample, rows } = table;
  const recognized = recognize(columns);
  const named = columnsOf(recognized.columns, choices.columns, columns);
  // A column is taken for that of kinds only if its values are kinds.
  const { kind: kindColumn, ...others } = named;
  const isGuess = choices.columns?.kind === undefined && kindColumn !== undefined;
  const isWrong =
    isGuess && !sample.every(({ values }) => recognized.kindOf(values[kindColumn] ?? '') !== null);
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
  for await (const batch of rows) if ((take(batch), report.isFull)) break;
  reading.signal?.throwIfAborted();
  return {
    encoding,
    format,
    shape: recognized.shape,
    note: recognized.note,
    columns,
    firstRows,
    mapping: { ...mapping, kinds: { ...mapper.kinds() } },
    kindValues: mapper.values(),
    ...report.result(),
  };
}

/** @throws LabError 'bad-input' for a column that the file does not have */
function columnsOf(
  guessed: Columns,
  chosen: FileChoices['columns'] = {},
  columns: readonly string[],
): Columns {
  checkColumns(Object.values(chosen), columns);
  return Object.fromEntries(
    fields.flatMap((field) => {
      const name = chosen[field] === undefined ? guessed[field] : chosen[field];
      return typeof name === 'string' ? [[field, name]] : [];
    }),
  );
}

/** Counts behaviors and problems, and leaves out a prompt that comes again. */
function createTally(onRow: (row: SetRow) => void, most: number) {
  const counts = Object.fromEntries(behaviorKinds.map((kind) => [kind, 0])) as Record<BehaviorKind, number>;
  const filled = { target: 0, context: 0, secret: 0 };
  const leftOut = createProblems();
  const problem = leftOut.add;
  let total = 0;
  /** Line of the first row with a prompt and a context, by the fingerprint of these. */
  const seen = new Map<string, number>();
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
    result: () => ({ counts, filled, ...leftOut.result() }),
  };
}
