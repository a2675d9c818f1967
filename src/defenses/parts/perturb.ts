/** @file SmoothLLM's three ways of disturbing a text, character by character. */
import type { Random } from '../../core/random.ts';

/** Digits, letters, punctuation and white space: the hundred printable characters of ASCII. */
export const alphabet: readonly string[] = [
  ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)),
  ...'\t\n\r\v\f',
];

/** Changes `count` characters of `letters`, at most as many as there are. */
type Perturb = (letters: readonly string[], count: number, random: Random) => string[];

const draw = (count: number, random: Random): string[] =>
  Array.from({ length: count }, () => random.pick(alphabet));

const ways = {
  /** Other characters at `count` places. */
  swap(letters, count, random) {
    const places = random.sample([...letters.keys()], count);
    const changed = [...letters];
    for (const place of places) changed[place] = random.pick(alphabet);
    return changed;
  },
  /** Other characters in one block of `count`. */
  patch(letters, count, random) {
    const start = random.integer(letters.length - count + 1);
    return letters.toSpliced(start, count, ...draw(count, random));
  },
  /** One more character before each of `count` places. */
  insert(letters, count, random) {
    const places = new Set(random.sample([...letters.keys()], count));
    return letters.flatMap((letter, place) =>
      places.has(place) ? [random.pick(alphabet), letter] : [letter],
    );
  },
} satisfies Record<string, Perturb>;

export type Perturbation = keyof typeof ways;
export const perturbations = ['swap', 'insert', 'patch'] as const satisfies readonly Perturbation[];

/** `text` with ⌊fraction · length⌋ characters perturbed; its letters are code points. */
export function perturb(text: string, way: Perturbation, fraction: number, random: Random): string {
  const letters = [...text];
  const count = Math.floor(fraction * letters.length);
  return count === 0 ? text : ways[way](letters, count, random).join('');
}
