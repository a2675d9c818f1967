/** @file Tables of text as Markdown, LaTeX and CSV. */
import { byteOrderMark, csvRow } from '../../records/export.ts';
import type { TextTable } from './summary-tables.ts';

export function markdownTables(tables: readonly TextTable[]): string {
  const cell = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replace(/\s+/g, ' ');
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |\n`;
  return tables
    .map(
      ({ title, head, rows }) =>
        `### ${cell(title)}\n\n${row(head)}${row(head.map((_, i) => (i === 0 ? '---' : '---:')))}${rows.map(row).join('')}`,
    )
    .join('\n');
}

const latexSigns: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '–': '--',
};
const latexText = (text: string): string =>
  text.replace(/[\\~^–&%$#_{}]/g, (sign) => latexSigns[sign] ?? `\\${sign}`).replace(/\s+/g, ' ');

/** Tables with `booktabs`, one float each. */
export const latexTables = (tables: readonly TextTable[]): string =>
  tables
    .map(({ title, head, rows }) => {
      const row = (cells: readonly string[]) => `  ${cells.map(latexText).join(' & ')} \\\\\n`;
      return (
        `\\begin{table}\n  \\centering\n  \\caption{${latexText(title)}}\n` +
        `  \\begin{tabular}{l${'r'.repeat(head.length - 1)}}\n  \\toprule\n${row(head)}  \\midrule\n` +
        `${rows.map(row).join('')}  \\bottomrule\n  \\end{tabular}\n\\end{table}\n`
      );
    })
    .join('\n');

/** For spreadsheets: a byte order mark, CRLF, and no cell that would run as a formula. */
export const csvTables = (tables: readonly TextTable[]): string =>
  byteOrderMark +
  tables
    .map(({ title, head, rows }) => [[title], head, ...rows].map((cells) => csvRow(cells)).join(''))
    .join('\r\n');
