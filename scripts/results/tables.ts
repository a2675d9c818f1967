/** @file Tables of the pages in docs/results. */
import { undefended } from '../../src/lab/plan/plan.ts';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Markdown; the first column names, the others are numbers. */
export const markdownTable = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [row(head), row(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...body.map(row)].join('\n');

export const nameOf = (defense: string): string => (defense === undefended ? 'no defense' : `\`${defense}\``);

const [start, end] = ['<!-- The tables are written by `npm run results`. -->', '<!-- End of the tables. -->'];

/** The page with these tables. @throws Error if it has no place for them */
export function withTables(page: string, tables: string): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error('The page has no place for tables.');
  return `${page.slice(0, from + start.length)}\n\n${tables}\n\n${page.slice(to)}`;
}
