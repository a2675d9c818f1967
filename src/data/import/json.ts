/** @file Rows of a JSON file: a list of objects, or of plain texts. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { brokenAt, positionOf } from '../../core/json-position.ts';
import type { RowProblem, Rows, TableRow } from './table-row.ts';

/** Column of entries that are plain texts. */
export const textColumn = 'text';

/** What an entry says, as texts; what is nested stays JSON. */
export function rowOf(value: unknown, line: number): TableRow | RowProblem {
  if (typeof value === 'string') return { line, values: { [textColumn]: value } };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { line, column: null, message: 'This is neither an object nor a text.' };
  const text = (field: unknown) =>
    field === null || field === undefined ? '' : typeof field === 'string' ? field : JSON.stringify(field);
  return {
    line,
    values: Object.fromEntries(Object.entries(value).map(([name, field]) => [name, text(field)])),
  };
}

/** Longest text that is read whole, in characters. */
const mostCharacters = 120_000_000;
const rowsPerBatch = 5000;

/**
 * A list of objects or texts, or an object that holds one.
 * @throws LabError 'bad-input' with line and column where it is not JSON
 */
export async function* jsonList(text: AsyncIterable<string>): Rows {
  let whole = '';
  for await (const piece of text) {
    whole += piece;
    if (whole.length > mostCharacters)
      throw new LabError('bad-input', 'The JSON file is too large to be read whole.', {
        advice: 'Write it as JSON Lines, one object per line: these are read piece by piece.',
      });
  }
  const entries = listIn(parsed(whole));
  for (let at = 0; at < entries.length; at += rowsPerBatch)
    yield entries.slice(at, at + rowsPerBatch).map((entry, i) => rowOf(entry, at + i + 1));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { line, column } = positionOf(text, brokenAt(text));
    throw new LabError('bad-input', `Line ${line}, column ${column}: this is not JSON.`, {
      advice: 'Correct the file there. A file with one object per line should be named .jsonl.',
      cause,
    });
  }
}

function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const inner = Object.entries(value ?? {}).filter(([, field]) => Array.isArray(field));
  if (inner.length === 1) return inner[0]![1] as readonly unknown[];
  const found =
    inner.length === 0 ? 'no list' : `several lists (${inner.map(([name]) => excerpt(name, 40)).join(', ')})`;
  throw new LabError('bad-input', `The JSON file holds ${found} of rows.`, {
    advice: 'Give a list of objects, such as [{"prompt": "…"}], or an object with one such list.',
  });
}
