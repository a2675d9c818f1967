/** @file Writes tables as plain text. */

/** Cells by column name. Columns come in the order of the keys, so no name may be a whole number. */
export type Row = Readonly<Record<string, string | number>>;

/** Columns as wide as their longest cell, two spaces apart; columns of numbers are aligned to the right. */
export function textTable(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {}).map((name) => {
    const cells = rows.map((row) => String(row[name] ?? ''));
    const width = Math.max(name.length, ...cells.map(({ length }) => length));
    const right = cells.every((cell) => /^$|^[-–—?±+−<]|^\d/.test(cell));
    const pad = (text: string) => (right ? text.padStart(width) : text.padEnd(width));
    return { head: pad(name), cells: cells.map(pad) };
  });
  const lines = [
    columns.map(({ head }) => head),
    ...rows.map((_, i) => columns.map(({ cells }) => cells[i]!)),
  ];
  return lines.map((line) => line.join('  ').trimEnd()).join('\n');
}
