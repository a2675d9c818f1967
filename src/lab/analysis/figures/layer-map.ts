/** @file Where a model reads harm, by layer and token: as a picture that stands alone, and as CSV. */
import { byteOrderMark, csvRow } from '../../records/export.ts';
import type { InsideModel, Projection } from '../../records/insight.ts';
import { svgPicture, svgText, type Picture } from './svg.ts';

type Shown = Pick<InsideModel, 'model' | 'tokens' | 'projection'>;

/**
 * A projection on the scale on which harmless requests are 0 and harmful ones 1 right before the answer; `null` where the two
 * do not differ, as in the embedding of a last token that they share.
 */
export function readingAt(
  { values, harmless, harmful }: Projection,
  boundary: number,
  token: number,
): number | null {
  const distance = harmful[boundary]! - harmless[boundary]!;
  return Math.abs(distance) < 1e-9 ? null : (values[boundary]![token]! - harmless[boundary]!) / distance;
}

/** Boundary 0 is before the first layer. */
export const boundaryName = (boundary: number): string =>
  boundary === 0 ? /* @wc-include */ 'embedding' : `layer ${boundary}`;

const size = { label: 76, cell: 26, row: 18, top: 40, tokens: 110, gap: 12, foot: 20 } as const;
/** One hue by lightness, from 0 to 1. */
const [low, high] = [
  [238, 243, 250],
  [29, 79, 159],
] as const;

function fillOf(reading: number | null): string {
  if (reading === null) return '#fff';
  const share = Math.min(1, Math.max(0, reading));
  return `rgb(${low.map((from, i) => Math.round(from + (high[i]! - from) * share)).join(',')})`;
}

/** Maps below each other on one scale, the layers of each from the embedding at its top to the last. */
export function layerMapSvg(title: string, maps: readonly Shown[]): Picture {
  const columns = Math.max(0, ...maps.map(({ tokens }) => tokens.length));
  const width = size.label + Math.max(16, columns) * size.cell + 16;
  let down = size.top;
  const parts = maps.flatMap(({ model, tokens, projection }) => {
    const top = down + 22;
    const below = top + projection.values.length * size.row;
    down = below + size.tokens + size.gap;
    return [
      svgText(8, top - 8, model, 'font-weight="600"'),
      ...projection.values.flatMap((row, boundary) => {
        const y = top + boundary * size.row;
        return [
          svgText(8, y + 13, boundaryName(boundary), 'fill="#555"'),
          ...row.map((_, i) => {
            const reading = readingAt(projection, boundary, i);
            return (
              `<rect x="${size.label + i * size.cell}" y="${y}" width="${size.cell - 1}" height="${size.row - 1}" ` +
              `fill="${fillOf(reading)}"><title>${reading?.toFixed(2) ?? 'none'}</title></rect>`
            );
          }),
        ];
      }),
      ...tokens.map(({ text, part }, i) => {
        const [x, y] = [size.label + i * size.cell + 9, below + 8];
        const ink = part === 'attack' || part === 'opening' ? '#a8361d' : '#000';
        return svgText(x, y, visible(text), `transform="rotate(60 ${x} ${y})" fill="${ink}"`);
      }),
    ];
  });
  const note = '0 (pale): as harmless requests read. 1 (deep): as harmful ones. Red: the attack’s words.';
  return svgPicture(title, { width, height: down + size.foot, fontSize: 11 }, [
    ...parts,
    svgText(8, down + 8, note, 'fill="#555"'),
  ]);
}

/** A token with its blanks shown, cut to what fits under the map. */
const visible = (token: string): string => {
  const shown = token.replaceAll('\n', '↵').replaceAll(' ', '·');
  return shown.length > 14 ? `${shown.slice(0, 13)}…` : shown;
};

/** One row per layer and token. */
export const layerMapCsv = (maps: readonly Shown[]): string =>
  byteOrderMark +
  csvRow(['model', 'layer', 'position', 'token', 'part', 'projection', 'reading']) +
  maps
    .flatMap(({ model, tokens, projection }) =>
      projection.values.flatMap((row, layer) =>
        row.map((value, i) => {
          const { text, part } = tokens[i]!;
          return csvRow([model, layer, i, text, part, value, readingAt(projection, layer, i) ?? '']);
        }),
      ),
    )
    .join('');
