/** @file The matrix as a picture that stands alone: SVG with its own colors and fonts of the reader's system. */
import { interval, percent } from '../../../core/format.ts';
import type { RateTable } from '../rate-table.ts';
import { svgPicture, svgText, type Picture } from '../figures/svg.ts';

const size = { label: 240, cell: 152, head: 44, row: 58, title: 34, foot: 26 } as const;

/** The ramp of attack success on a light page, at every quarter. */
const ramp = ['#e4edf4', '#f3e6d4', '#f0b88c', '#c94d29', '#84190c'] as const;

function colorAt(rate: number): { readonly fill: string; readonly ink: string } {
  const position = Math.min(1, Math.max(0, rate)) * 4;
  const stop = Math.min(3, Math.floor(position));
  const channel = (color: string, i: number) => parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => {
    const [from, to] = [channel(ramp[stop]!, i), channel(ramp[stop + 1]!, i)];
    return Math.round(from + (to - from) * (position - stop));
  });
  return { fill: `rgb(${mixed.join(',')})`, ink: rate >= 0.75 ? '#fff' : '#000' };
}

/** As much of a name as fits in so many pixels. */
const fitted = (text: string, pixels: number): string => {
  const most = Math.floor(pixels / 8.2);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
};

/** @param nameOf the title of a method */
export function matrixSvg(
  { columns, rows }: Pick<RateTable, 'columns' | 'rows'>,
  title: string,
  nameOf: (id: string) => string,
): Picture {
  const width = size.label + columns.length * size.cell;
  const height = size.title + size.head + rows.length * size.row + size.foot;
  const parts = [
    ...columns.map(({ defense }, i) =>
      svgText(
        size.label + i * size.cell + 8,
        size.title + 28,
        fitted(nameOf(defense), size.cell - 12),
        'font-weight="600" fill="#0b6e66"',
      ),
    ),
  ];
  for (const [r, { attack, cells }] of rows.entries()) {
    const top = size.title + size.head + r * size.row;
    parts.push(
      svgText(8, top + 34, fitted(nameOf(attack), size.label - 12), 'font-weight="600" fill="#a8361d"'),
    );
    for (const [c, { cell }] of cells.entries()) {
      const left = size.label + c * size.cell;
      const rate = cell?.rate ?? null;
      const { fill, ink } = rate === null ? { fill: '#f4f4f2', ink: '#000' } : colorAt(rate);
      const sample =
        cell === null ? '' : `n = ${cell.scored === cell.n ? cell.n : `${cell.scored}/${cell.n}`}`;
      parts.push(
        `<rect x="${left}" y="${top}" width="${size.cell - 2}" height="${size.row - 2}" fill="${fill}"/>`,
        svgText(
          left + 8,
          top + 25,
          rate === null ? (cell === null ? '–' : '?') : percent(rate),
          `font-size="18" font-weight="600" fill="${ink}"`,
        ),
        svgText(
          left + 8,
          top + 45,
          cell?.interval ? interval(cell.interval) : '',
          `font-size="11" fill="${ink}"`,
        ),
        svgText(left + size.cell - 10, top + 45, sample, `font-size="11" text-anchor="end" fill="${ink}"`),
      );
    }
  }
  parts.push(
    svgText(
      8,
      height - 9,
      'Attack success rate, 95% Wilson interval, n: trials decided/asked.',
      'font-size="11" fill="#555"',
    ),
  );
  return svgPicture(fitted(title, width - 16), { width, height, fontSize: 13 }, parts);
}
