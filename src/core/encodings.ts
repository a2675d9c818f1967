/** @file Simple encodings of English text, each a pure function from text to text. */

const shiftLetter = (letter: string, by: number): string => {
  const first = letter < 'a' ? 65 : 97;
  return String.fromCharCode(first + ((((letter.charCodeAt(0) - first + by) % 26) + 26) % 26));
};

/** Shifts every letter `by` places along the alphabet and keeps its case; `caesar(text, -by)` undoes it. */
export const caesar = (text: string, by: number): string =>
  text.replace(/[a-z]/gi, (letter) => shiftLetter(letter, by));

/** Its own inverse. */
export const rot13 = (text: string): string => caesar(text, 13);

const leet: Readonly<Record<string, string>> = { are: 'r', be: 'b', a: '@', e: '3', i: '!', o: '0' };
/** Replaces letters by the digits and signs that look like them, longest match first, in either case. */
export const leetspeak = (text: string): string =>
  text.replace(/are|be|[aeio]/gi, (letters) => leet[letters.toLowerCase()]!);

export const disemvowel = (text: string): string => text.replace(/[aeiou]/gi, '');

/** The whole text backwards. Its own inverse. */
export const reverseText = (text: string): string => Array.from(text).reverse().join('');

/** Each word backwards, in its place. Its own inverse. */
export const reverseEachWord = (text: string): string => text.replace(/\S+/g, reverseText);

/** The words in reverse order. Its own inverse. */
export const reverseWordOrder = (text: string): string => text.split(' ').reverse().join(' ');

/** The letters of each word, separated: `w-a-k-e t-h-e`. */
export const spellOut = (text: string, between = '-'): string =>
  text.replace(/\S+/g, (word) => Array.from(word).join(between));
