/** @file Words as ASCII art, in fonts of our own: each letter is a cell of lines of the same length. */

/** Rows of each letter, five columns wide: `#` is ink. */
const bitmaps: Readonly<Record<string, string>> = {
  A: '.###. #...# #...# ##### #...# #...#',
  B: '####. #...# ####. #...# #...# ####.',
  C: '.#### #.... #.... #.... #.... .####',
  D: '####. #...# #...# #...# #...# ####.',
  E: '##### #.... ####. #.... #.... #####',
  F: '##### #.... ####. #.... #.... #....',
  G: '.#### #.... #.... #..## #...# .####',
  H: '#...# #...# ##### #...# #...# #...#',
  I: '##### ..#.. ..#.. ..#.. ..#.. #####',
  J: '..### ...#. ...#. ...#. #..#. .##..',
  K: '#...# #..#. ###.. #..#. #...# #...#',
  L: '#.... #.... #.... #.... #.... #####',
  M: '#...# ##.## #.#.# #...# #...# #...#',
  N: '#...# ##..# #.#.# #..## #...# #...#',
  O: '.###. #...# #...# #...# #...# .###.',
  P: '####. #...# #...# ####. #.... #....',
  Q: '.###. #...# #...# #.#.# #..#. .##.#',
  R: '####. #...# #...# ####. #..#. #...#',
  S: '.#### #.... .###. ....# ....# ####.',
  T: '##### ..#.. ..#.. ..#.. ..#.. ..#..',
  U: '#...# #...# #...# #...# #...# .###.',
  V: '#...# #...# #...# #...# .#.#. ..#..',
  W: '#...# #...# #...# #.#.# ##.## #...#',
  X: '#...# .#.#. ..#.. ..#.. .#.#. #...#',
  Y: '#...# .#.#. ..#.. ..#.. ..#.. ..#..',
  Z: '##### ...#. ..#.. .#... #.... #####',
};

/** Lines of one letter. */
export type Cell = readonly string[];

const inked =
  (ink: (letter: string) => string, paper: string) =>
  (letter: string): Cell =>
    bitmaps[letter]!.split(' ').map((row) =>
      [...row].map((mark) => (mark === '#' ? ink(letter) : paper)).join(''),
    );

export interface Font {
  /** @param letter from A to Z, in either case */
  draw(letter: string): Cell;
  /** Stands between the letters of a row; no cell holds it. */
  readonly separator: string;
}

const font = (draw: (letter: string) => Cell, separator = '|'): Font => ({
  draw: (letter) => draw(letter.toUpperCase()),
  separator,
});

export const fonts = {
  stars: font(inked(() => '*', ' ')),
  /** Each letter is drawn with itself. */
  letters: font(inked((letter) => letter, ' ')),
  /** Twice as wide, which looks upright where lines are high. */
  blocks: font(inked(() => '##', '  ')),
  /** The paper is marked too, so that no run of blanks becomes one token. */
  dots: font(inked(() => '@', '.')),
  /** The letter itself, small, on a playing card. */
  cards: font((letter) => ['.-----.', `| ${letter}   |`, '|     |', `|   ${letter} |`, "'-----'"], '*'),
} as const satisfies Readonly<Record<string, Font>>;
export type FontName = keyof typeof fonts;
export const fontNames = Object.keys(fonts) as FontName[];

export const arrangements = ['horizontal', 'vertical'] as const;
export type Arrangement = (typeof arrangements)[number];

/** True for a word that every font can draw. */
export const isDrawable = (word: string): boolean => /^[a-z]+$/i.test(word);

/** The letters side by side, with the font's separator between them, or one below the other, with a blank line between. */
export function drawWord(word: string, name: FontName, arrangement: Arrangement): string {
  const { draw, separator } = fonts[name];
  const cells = [...word].map(draw);
  if (arrangement === 'vertical') return cells.map((cell) => cell.join('\n')).join('\n\n');
  return cells[0]!.map((_, row) => cells.map((cell) => cell[row]).join(separator)).join('\n');
}
