/** @file The two halves of a disguise: the request as letters hidden in lines, and cut words that hint at it. */
import type { Random } from '../../core/random.ts';

/** Each character in lower case as a line that holds it in parentheses, within a word of `words` that has it. */
export function hiddenLetters(text: string, words: readonly string[], random: Random): string {
  const letters = [...text.toLowerCase().replace(/\s+/g, ' ')];
  return letters
    .map((letter) => {
      const hosts = words.filter((word) => word.includes(letter));
      return hosts.length === 0 ? `(${letter})` : random.pick(hosts).replace(letter, () => `(${letter})`);
    })
    .join('\n');
}

/** What the lines of `hiddenLetters` hide. */
export const readHidden = (lines: string): string =>
  lines
    .split('\n')
    .map((line) => /\((.)\)/su.exec(line)?.[1] ?? '')
    .join('');

/** A place to cut, from `least` to the last letter, at least one letter in. */
const cutAt = (least: number, length: number, random: Random): number => {
  const from = Math.min(Math.max(1, least), length - 1);
  return from + random.integer(length - from);
};

/** The head of a word, and half of the time its tail. */
const cut = (letters: readonly string[], at: number, random: Random): string[] => {
  const tail = random.next() < 0.5 ? [letters.slice(at).join('')] : [];
  return [letters.slice(0, at).join(''), ...tail];
};

/**
 * Fragments of a word that a filter may know: the less of it, the smaller `keep`. The cut falls before its last
 * letter, so that no head is the whole word less the punctuation behind it.
 */
export function sensitiveFragments(word: string, keep: number, random: Random): string[] {
  const letters = [...word];
  const length = letters.findLastIndex((letter) => /[\p{L}\p{N}]/u.test(letter)) + 1;
  if (length <= 2) return [word];
  if (letters.length <= 4) {
    const dropped = /[\p{L}\p{N}]$/u.test(word) ? 1 : 2;
    return [letters.slice(0, Math.max(1, letters.length - dropped)).join('')];
  }
  return cut(letters, cutAt(Math.max(2, Math.floor(length * keep)), length, random), random);
}

/** Fragments of any other word: whole when it is short, and one time in three. */
export function plainFragments(word: string, keep: number, random: Random): string[] {
  const letters = [...word];
  if (letters.length <= 3 || random.next() < 1 / 3) return [word];
  const least = Math.min(Math.floor((2 * letters.length) / 3), Math.floor(letters.length * keep));
  return cut(letters, cutAt(least, letters.length, random), random);
}
