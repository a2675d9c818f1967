/** @file Adds rows to the tables of bench/RESULTS.md. */

/** `text` with one more row at the end of the first table below `heading`. @throws Error if there is none */
export function withRow(text: string, heading: string, cells: readonly string[]): string {
  const lines = text.split('\n');
  const start = lines.indexOf(heading);
  const table = lines.findIndex((line, i) => i > start && line.startsWith('|'));
  if (start < 0 || table < 0) throw new Error(`There is no table below "${heading}".`);
  const rows = lines.slice(table).findIndex((line) => !line.startsWith('|'));
  const end = rows < 0 ? lines.length : table + rows;
  return lines.toSpliced(end, 0, `| ${cells.join(' | ')} |`).join('\n');
}
