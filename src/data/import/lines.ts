/** @file Rows of files with one entry per line: JSON Lines, and plain texts. */
import { LabError } from '../../core/errors.ts';
import { brokenAt } from '../../core/json-position.ts';
import { rowOf, textColumn } from './json.ts';
import type { RowProblem, Rows, TableRow } from './table-row.ts';

const mostLineCharacters = 2 ** 22;

/** @throws LabError 'bad-input' for a line of millions of characters */
async function* linewise(
  text: AsyncIterable<string>,
  read: (source: string, line: number) => TableRow | RowProblem,
): Rows {
  let [rest, line] = ['', 0];
  const take = (source: string) => {
    line++;
    return source.trim() === '' ? [] : [read(source, line)];
  };
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    if (rest.length > mostLineCharacters)
      throw new LabError('bad-input', `Line ${line + lines.length + 1} has millions of characters.`, {
        advice: 'Choose a file with one row per line.',
      });
    yield lines.flatMap(take);
  }
  yield take(rest);
}

export const jsonLines = (text: AsyncIterable<string>): Rows =>
  linewise(text, (source, line) => {
    try {
      return rowOf(JSON.parse(source), line);
    } catch {
      return {
        line,
        column: null,
        message: `This is not JSON from character ${brokenAt(source) + 1} on.`,
      };
    }
  });

export const plainLines = (text: AsyncIterable<string>): Rows =>
  linewise(text, (source, line) => ({ line, values: { [textColumn]: source } }));
