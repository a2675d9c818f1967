/** @file Two answers to one request as a picture that stands alone: SVG with its own colors and the reader's fonts. Pure. */
import { escaped } from '../../lab/analysis/report/html.ts';
import { probability as shareText, visibleToken } from '../format.ts';
import { tokenShade } from '../ramp.ts';
import type { TokenOption, TokenTrace } from '../types.ts';

export interface TokenPicture {
  readonly prompt: string;
  readonly columns: readonly { readonly title: string; readonly tokens: readonly TokenTrace[] }[];
  /** Index of the token that is framed; `null` for none. */
  readonly parting: number | null;
  readonly distributions: readonly {
    readonly name: string;
    readonly tone: 'base' | 'expert' | 'merged';
    readonly options: readonly TokenOption[];
  }[];
  readonly sentence: string;
  /** Who made it, at the foot. */
  readonly source: string;
}

const size = { width: 960, margin: 24, gap: 24, letter: 8.4, line: 24, mono: 14 } as const;
const inner = size.width - 2 * size.margin;
const shades = ['none', '#eaeff7', '#d3dff1', '#b3c9ea', '#8fb0e2'] as const;
const tones = { base: '#4a4f55', expert: '#0a6863', merged: '#6340b8' } as const;

const text = (x: number, y: number, content: string, more = '') =>
  `<text x="${x}" y="${y}" xml:space="preserve" ${more}>${escaped(content)}</text>`;

/** Lines of words, each of at most so many characters. */
function wrapped(content: string, most: number): readonly string[] {
  const lines: string[] = [];
  for (const word of content.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

interface Placed {
  readonly text: string;
  readonly column: number;
  readonly row: number;
  readonly index: number;
}

/** Where each token stands, in characters and lines. */
function placed(tokens: readonly TokenTrace[], most: number): readonly Placed[] {
  let [column, row] = [0, 0];
  return tokens.flatMap(({ text: whole }, index) =>
    whole.split(/(\n)/).flatMap((part): readonly Placed[] => {
      if (part === '\n') [column, row] = [0, row + 1];
      if (part === '\n' || part === '') return [];
      if (column > 0 && column + part.length > most) [column, row] = [0, row + 1];
      const at = { text: column === 0 ? part.trimStart() : part, column, row, index };
      column += at.text.length;
      return at.text === '' ? [] : [at];
    }),
  );
}

export function tokenPicture({
  prompt,
  columns,
  parting,
  distributions,
  sentence,
  source,
}: TokenPicture): string {
  const parts: string[] = [];
  let y: number = size.margin + 12;
  for (const line of wrapped(prompt, 104)) {
    parts.push(text(size.margin + 12, y + 4, line, 'font-size="15" fill="#4a4f55"'));
    y += 22;
  }
  parts.unshift(
    `<rect x="${size.margin}" y="${size.margin}" width="3" height="${y - size.margin - 12}" fill="#b0351a"/>`,
  );
  const width = (inner - size.gap) / 2;
  const top = y + 24;
  const layouts = columns.map(({ tokens }) => placed(tokens, Math.floor(width / size.letter)));
  for (const [c, { title, tokens }] of columns.entries()) {
    const left = size.margin + c * (width + size.gap);
    const color = c === 0 ? '#17191c' : tones.expert;
    parts.push(
      `<rect x="${left}" y="${top - 16}" width="${width}" height="3" fill="${color}"/>`,
      text(left, top + 8, title, `font-size="15" font-weight="600" fill="${color}"`),
    );
    for (const { text: part, column, row, index } of layouts[c]!) {
      const [x, base] = [left + column * size.letter, top + 36 + row * size.line];
      const length = part.length * size.letter;
      const frame = index === parting ? ' stroke="#17191c" stroke-width="2"' : '';
      parts.push(
        `<rect x="${x}" y="${base - 16}" width="${length}" height="21" rx="3" fill="${shades[tokenShade(tokens[index]!.logProb)]}"${frame}/>`,
        text(
          x,
          base,
          part,
          `font-family="monospace" font-size="${size.mono}" textLength="${length}" lengthAdjust="spacingAndGlyphs"`,
        ),
      );
    }
  }
  const rows = Math.max(0, ...layouts.flat().map(({ row }) => row)) + 1;
  y = top + 36 + rows * size.line + 12;
  const third = (inner - 2 * size.gap) / 3;
  for (const [d, { name, tone, options }] of distributions.entries()) {
    const left = size.margin + d * (third + size.gap);
    parts.push(text(left, y, name, `font-weight="600" font-size="13" fill="${tones[tone]}"`));
    for (const [row, option] of options.entries()) {
      const base = y + 24 + row * 24;
      const probability = Math.exp(option.logProb);
      parts.push(
        text(left, base, visibleToken(option.text), 'font-family="monospace" font-size="13"'),
        `<rect x="${left + 90}" y="${base - 13}" width="${Math.max(1, probability * (third - 140)).toFixed(1)}" height="17" rx="2" fill="${tones[tone]}" opacity="0.4"/>`,
        text(left + third, base, shareText(option.logProb), 'text-anchor="end" font-size="13"'),
      );
    }
  }
  if (distributions.length > 0)
    y += 24 * (1 + Math.max(...distributions.map(({ options }) => options.length))) + 8;
  for (const line of wrapped(sentence, 84)) {
    parts.push(text(size.margin, y + 8, line, 'font-size="18" font-weight="600"'));
    y += 26;
  }
  parts.push(text(size.margin, y + 18, source, 'font-size="12" fill="#5f646a"'));
  const height = y + 18 + size.margin;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" viewBox="0 0 ${size.width} ${height}" ` +
    `font-family="Inter, system-ui, sans-serif" fill="#17191c"><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}</svg>\n`
  );
}
