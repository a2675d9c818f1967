/** @file The two halves of DRA's disguise: the letters of the request hidden in lines, and word fragments as hints. */
import type { Random } from '../../core/random.ts';

/** One line per character of `text`, in lower case: the character in parentheses within one of the `words` that has it. */
export function hiddenLetters(text: string, words: readonly string[], random: Random): string {
  const letters = [...text.toLowerCase().replace(/\s+/g, ' ')];
  return letters
    .map((letter) => {
      const hosts = words.filter((word) => word.includes(letter));
      return hosts.length === 0 ? `(${letter})` : random.pick(hosts).replace(letter, () => `(${letter})`);
    })
    .join('\n');
}

/** A position to cut at: `least` or later, after the first letter and before the last. */
const cutAt = (least: number, length: number, random: Random): number => {
  const from = Math.min(Math.max(1, least), length - 1);
  return from + random.integer(length - from);
};

/** The head of a word and, half of the time, its tail. */
const cut = (letters: readonly string[], at: number, random: Random): string[] => {
  const tail = random.next() < 0.5 ? [letters.slice(at).join('')] : [];
  return [letters.slice(0, at).join(''), ...tail];
};

/**
 * Fragments of a content word, which a filter may look for; a smaller `keep` gives a shorter head. The cut falls before
 * the last letter, so that the head is never the whole word without its punctuation.
 */
export function sensitiveFragments(word: string, keep: number, random: Random): string[] {
  const letters = [...word];
  const length = letters.findLastIndex((letter) => /[\p{L}\p{N}]/u.test(letter)) + 1;
  if (length <= 2) return [word];
  if (letters.length <= 4) {
    const cutLetters = /[\p{L}\p{N}]$/u.test(word) ? 1 : 2;
    return [letters.slice(0, Math.max(1, letters.length - cutLetters)).join('')];
  }
  return cut(letters, cutAt(Math.max(2, Math.floor(length * keep)), length, random), random);
}

/** Fragments of any other word. A short word stays whole, and so does one word in three. */
export function plainFragments(word: string, keep: number, random: Random): string[] {
  const letters = [...word];
  if (letters.length <= 3 || random.next() < 1 / 3) return [word];
  const least = Math.min(Math.floor((2 * letters.length) / 3), Math.floor(letters.length * keep));
  return cut(letters, cutAt(least, letters.length, random), random);
}
