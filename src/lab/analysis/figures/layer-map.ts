/** @file Values by layer and token as a picture that stands alone, and as CSV. */
import { byteOrderMark, csvRow } from '../../records/export.ts';
import { escaped } from '../report/html.ts';
import type { Projection } from '../../records/insight.ts';

const size = { label: 64, cell: 26, row: 18, top: 40, tokens: 110, gap: 12 } as const;

/** White at 0, one color above and one below. */
function fillOf(value: number, most: number): string {
  const share = Math.min(1, Math.abs(value) / (most || 1));
  const [r, g, b] = value >= 0 ? [168, 54, 29] : [11, 110, 102];
  const mixed = [r, g, b].map((channel) => Math.round(255 + (channel! - 255) * share));
  return `rgb(${mixed.join(',')})`;
}

/** Maps below each other on one scale, the layers of each from the last at its top to the embedding. */
export function layerMapSvg(
  title: string,
  maps: readonly { readonly name: string; readonly projection: Projection }[],
): string {
  const most = Math.max(0, ...maps.flatMap(({ projection }) => projection.values.flat().map(Math.abs)));
  const columns = Math.max(0, ...maps.map(({ projection }) => projection.tokens.length));
  const width = size.label + Math.max(12, columns) * size.cell + 16;
  const text = (x: number, y: number, content: string, more = '') =>
    `<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;
  let down = size.top;
  const parts = maps.flatMap(({ name, projection: { tokens, values } }) => {
    const top = down + 22;
    const below = top + values.length * size.row;
    down = below + size.tokens + size.gap;
    return [
      text(8, top - 8, name, 'font-weight="600"'),
      ...values.flatMap((row, boundary) => {
        const y = below - (boundary + 1) * size.row;
        return [
          text(8, y + 13, boundary === 0 ? 'tokens' : `layer ${boundary}`, 'fill="#555"'),
          ...row.map(
            (value, i) =>
              `<rect x="${size.label + i * size.cell}" y="${y}" width="${size.cell - 1}" height="${size.row - 1}" fill="${fillOf(value, most)}"><title>${value.toFixed(2)}</title></rect>`,
          ),
        ];
      }),
      ...tokens.map((token, i) => {
        const [x, y] = [size.label + i * size.cell + 9, below + 8];
        return text(x, y, visible(token), `transform="rotate(60 ${x} ${y})"`);
      }),
    ];
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${down}" viewBox="0 0 ${width} ${down}" ` +
    `font-family="Inter, system-ui, sans-serif" font-size="11"><rect width="${width}" height="${down}" fill="#fff"/>` +
    `${text(8, 22, title, 'font-size="15" font-weight="600"')}${parts.join('')}</svg>\n`
  );
}

/** A token with its blanks shown, cut to what fits under the map. */
const visible = (token: string): string => {
  const shown = token.replaceAll('\n', '↵').replaceAll(' ', '·');
  return shown.length > 14 ? `${shown.slice(0, 13)}…` : shown;
};

/** One row per layer and token. */
export const layerMapCsv = (
  maps: readonly { readonly name: string; readonly projection: Projection }[],
): string =>
  byteOrderMark +
  csvRow(['model', 'layer', 'position', 'token', 'projection']) +
  maps
    .flatMap(({ name, projection: { tokens, values } }) =>
      values.flatMap((row, layer) =>
        row.map((value, position) => csvRow([name, layer, position, tokens[position]!, value])),
      ),
    )
    .join('');
