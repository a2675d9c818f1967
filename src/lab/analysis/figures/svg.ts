/** @file What all pictures that stand alone share: SVG on white, with fonts of the reader's system and a title. */
import { escaped } from '../report/html.ts';

export interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

export const svgText = (x: number | string, y: number | string, content: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;

/** @param parts elements of SVG, drawn in their order */
export function svgPicture(
  title: string,
  { width, height, fontSize }: { readonly width: number; readonly height: number; readonly fontSize: number },
  parts: readonly string[],
): Picture {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="Inter, system-ui, sans-serif" font-size="${fontSize}"><rect width="${width}" height="${height}" fill="#fff"/>` +
    `${svgText(8, 22, title, 'font-size="15" font-weight="600"')}${parts.join('')}</svg>\n`;
  return { svg, width, height };
}
