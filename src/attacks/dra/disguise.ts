/** @file The two halves of DRA's disguise: the letters of the request hidden in lines, and word fragments as hints. */
import type { Random } from '../../core/random.ts';

/** `host` with one of its places that hold `letter` in parentheses. */
function marked(host: string, letter: string, random: Random): string {
  const letters = [...host];
  const places = letters.flatMap((each, i) => (each === letter ? [i] : []));
  const place = random.pick(places);
  return letters.map((each, i) => (i === place ? `(${each})` : each)).join('');
}

/**
 * One line per character of `text`, in lower case: the character in parentheses within one of the `hosts`, words or
 * phrases, that has it; alone where none has.
 */
export function hiddenLetters(text: string, hosts: readonly string[], random: Random): string {
  return [...text.toLowerCase().replace(/\s+/g, ' ')]
    .map((letter) => {
      const fitting = hosts.filter((host) => [...host].includes(letter));
      return fitting.length === 0 ? `(${letter})` : marked(random.pick(fitting), letter, random);
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
