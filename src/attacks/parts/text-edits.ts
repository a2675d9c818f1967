/** @file Random edits of letters and words that keep a text readable. */
import type { Random } from '../../core/random.ts';

/** Shuffle the inner letters of each word of more than three letters, with `probability`. */
export const scrambleWords = (text: string, probability: number, random: Random): string =>
  text.replace(/\S+/gu, (word) => {
    const letters = [...word];
    if (letters.length <= 3 || random.next() >= probability) return word;
    return [letters[0]!, ...random.shuffle(letters.slice(1, -1)), letters.at(-1)!].join('');
  });

/** Flip the case of each letter, with `probability`. */
export const flipCase = (text: string, probability: number, random: Random): string =>
  text.replace(/\p{L}/gu, (letter) => {
    if (random.next() >= probability) return letter;
    const upper = letter.toUpperCase();
    return letter === upper ? letter.toLowerCase() : upper;
  });

/** Shift each printable ASCII character one code point up or down, with `probability`, if it stays printable. */
export const shiftCharacters = (text: string, probability: number, random: Random): string =>
  text.replace(/[\x20-\x7e]/g, (character) => {
    if (random.next() >= probability) return character;
    const code = character.charCodeAt(0) + (random.next() < 0.5 ? 1 : -1);
    return code >= 0x20 && code <= 0x7e ? String.fromCharCode(code) : character;
  });

/** Swap two adjacent letters, the first excepted, in each word of more than three letters, with `probability`. */
export const misspellWords = (text: string, probability: number, random: Random): string =>
  text.replace(/\p{L}+/gu, (word) => {
    const letters = [...word];
    if (letters.length <= 3 || random.next() >= probability) return word;
    const at = 1 + random.integer(letters.length - 2);
    [letters[at], letters[at + 1]] = [letters[at + 1]!, letters[at]!];
    return letters.join('');
  });

/** Swap each word with the next one, with `probability`. Blanks keep their places. */
export function swapNeighbors(text: string, probability: number, random: Random): string {
  const parts = text.split(/(\s+)/u);
  for (let i = 0; i + 2 < parts.length; i += 2)
    if (random.next() < probability) [parts[i], parts[i + 2]] = [parts[i + 2]!, parts[i]!];
  return parts.join('');
}

/** Insert a random character of `alphabet` after each character, with `probability`. */
export const insertCharacters = (
  text: string,
  probability: number,
  random: Random,
  alphabet: readonly string[] = [...'!$%&*#@^~'],
): string =>
  [...text]
    .map((character) => (random.next() < probability ? character + random.pick(alphabet) : character))
    .join('');
