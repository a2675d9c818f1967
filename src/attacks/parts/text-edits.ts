/** @file Random edits of text that keep it readable, letter by letter and word by word. */
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

/** Move each printable ASCII character one code point up or down, with `probability`, if it stays printable. */
export const shiftCharacters = (text: string, probability: number, random: Random): string =>
  text.replace(/[\x20-\x7e]/g, (character) => {
    if (random.next() >= probability) return character;
    const moved = character.charCodeAt(0) + (random.next() < 0.5 ? 1 : -1);
    return moved >= 0x20 && moved <= 0x7e ? String.fromCharCode(moved) : character;
  });

/** Swap two inner letters that stand side by side, in each word of more than three letters, with `probability`. */
export const misspellWords = (text: string, probability: number, random: Random): string =>
  text.replace(/\p{L}+/gu, (word) => {
    const letters = [...word];
    if (letters.length <= 3 || random.next() >= probability) return word;
    const at = 1 + random.integer(letters.length - 2);
    [letters[at], letters[at + 1]] = [letters[at + 1]!, letters[at]!];
    return letters.join('');
  });

/** Put each word, with `probability`, behind the one after it. Blanks stay where they are. */
export function swapNeighbors(text: string, probability: number, random: Random): string {
  const parts = text.split(/(\s+)/u);
  for (let i = 0; i + 2 < parts.length; i += 2)
    if (random.next() < probability) [parts[i], parts[i + 2]] = [parts[i + 2]!, parts[i]!];
  return parts.join('');
}

/** Put a drawn character of `alphabet` behind each character, with `probability`. */
export const insertCharacters = (
  text: string,
  probability: number,
  random: Random,
  alphabet: readonly string[] = [...'!$%&*#@^~'],
): string =>
  [...text]
    .map((character) => (random.next() < probability ? character + random.pick(alphabet) : character))
    .join('');
