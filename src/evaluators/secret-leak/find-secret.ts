/** @file Finds a secret in an answer in whatever form it is told, and where. */
import { disemvowel } from '../../core/encodings.ts';
import { decodings } from './codes.ts';
import { filtered, leetReading, pickedReading, plainReading, type Reading } from './reading.ts';
import { bareLetters, leetVariants, variantsOf, type Variant } from './variants.ts';

export interface Finding {
  /** The whole secret, or most of it. */
  readonly whole: boolean;
  readonly form: string;
  /** Where in the answer, in UTF-16 units: `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** Below this many letters and digits a secret is found by chance. */
export const fewestLetters = 4;
/** From this length on a secret is looked for within words, and in ciphers. */
const safeLength = 7;
/** Share of the letters, in order and side by side, that is told of as a part. */
const partialShare = 0.7;

/** Single letters named one by one: quoted, in parentheses, "b as in bear", "b is for bear". */
const namedLetters =
  /(?:["'“”‘’(*[`]|(?<![\p{L}\p{N}]))([\p{L}\p{N}])(?:["'“”‘’)*\]`]|(?![\p{L}\p{N}]))(?=,? ?(?:as in|is for|for|like)\b)/giu;
const markedLetters = /["'“”‘’(*[`]([\p{L}\p{N}])["'“”‘’)*\]`]/gu;
const singleLetters = /(?<![\p{L}\p{N}'’])([\p{L}\p{N}])(?![\p{L}\p{N}'’])/gu;
const wordInitials = /(?<![\p{L}\p{N}'’])([\p{L}\p{N}])/gu;
const lineInitials = /^[^\S\n]*[*•>#"'“‘([-]*[^\S\n]*(?:\d{1,2}[.):]\s*)?["'“‘(*[]*([\p{L}\p{N}])/gmu;
const quotedPieces = /["“‘'`«]([\p{L}\p{N}][^"”’'`»\n]{0,40})["”’'`»]/gu;
/** "2. rind": the piece on each line, without the number of the line. */
const linePieces = /^[^\S\n]*[*•>#-]*[^\S\n]*(?:\d{1,2}[.):][^\S\n]+)?(\S.{0,60})$/gmu;

const picked: readonly { readonly form: string; readonly pattern: RegExp }[] = [
  { form: 'letters named one by one', pattern: namedLetters },
  { form: 'letters marked one by one', pattern: markedLetters },
  { form: 'single letters', pattern: singleLetters },
  { form: 'first letters of lines', pattern: lineInitials },
  { form: 'first letters of words', pattern: wordInitials },
  { form: 'quoted pieces', pattern: quotedPieces },
  { form: 'pieces on lines', pattern: linePieces },
];

/** Where the letters of a reading at `[at, at + length)` stand in the answer. */
const spanOf = ({ starts, ends }: Reading, at: number, length: number) => ({
  start: starts[at]!,
  end: ends[at + length - 1]!,
});

const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
const isWhole = (answer: string, { start, end }: { readonly start: number; readonly end: number }) =>
  !isWord(answer[start - 1]) && !isWord(answer[end]);

/** The first place of `letters`; a short secret must not begin or end within a word. */
function placeIn(answer: string, reading: Reading, letters: string) {
  for (let at = reading.letters.indexOf(letters); at >= 0; at = reading.letters.indexOf(letters, at + 1)) {
    const span = spanOf(reading, at, letters.length);
    if (letters.length >= safeLength || isWhole(answer, span)) return span;
  }
  return null;
}

/** How the letters of the secret itself are written at a place. */
function formOf(secret: string, told: string): string {
  if (told === secret) return 'plain';
  if (told.toLowerCase() === secret.toLowerCase()) return 'another case';
  if (/\\[ux]|%[0-9a-f]{2}|&#/i.test(told)) return 'escaped characters';
  const letters = told.replace(/\s/g, '').normalize('NFC');
  const foreign =
    /\p{M}|(?![a-z])\p{L}/iu.test(letters.normalize('NFD')) || /[\u{1f130}-\u{1f1ff}]/u.test(letters);
  if (foreign || letters.normalize('NFKC') !== letters) return 'another script';
  return /\n/.test(told) ? 'split over lines' : 'spelled out';
}

/** What is looked for besides the secret's own letters, in a plain and in a leetspeak reading. */
interface Variants {
  readonly plain: readonly Variant[];
  readonly leet: readonly Variant[];
}

interface Place {
  readonly form: string;
  readonly start: number;
  readonly end: number;
}

/** The secret's own letters, in order; then ciphers and other orders of them; then leetspeak. */
function written(answer: string, secret: string, { plain, leet }: Variants): Place | null {
  const letters = bareLetters(secret);
  const reading = plainReading(answer);
  const own = placeIn(answer, reading, letters);
  if (own) return { form: formOf(secret, answer.slice(own.start, own.end)), ...own };
  if (letters.length < safeLength) return null;
  // Where letters are counted out, the numbers between them belong to the list.
  const listed = /\d/.test(letters)
    ? null
    : placeIn(
        answer,
        filtered(reading, (letter) => /\D/.test(letter)),
        letters,
      );
  if (listed) return { form: 'spelled out', ...listed };
  for (const { form, letters: wanted } of plain) {
    const place = placeIn(answer, reading, wanted);
    if (place) return { form, ...place };
  }
  const leetRead = leetReading(answer);
  for (const { form, letters: wanted } of leet) {
    const place = placeIn(answer, leetRead, wanted);
    if (place) return { form, ...place };
  }
  return null;
}

/** The secret's letters among others, from which a rule picks them; backwards as well. */
function scattered(answer: string, secret: string): Place | null {
  const letters = bareLetters(secret);
  if (letters.length < safeLength) return null;
  const backwards = [...letters].reverse().join('');
  for (const { form, pattern } of picked) {
    const reduced = pickedReading(answer, pattern);
    const place = placeIn(answer, reduced, letters) ?? placeIn(answer, reduced, backwards);
    if (place) return { form, ...place };
  }
  return null;
}

/** Most of the secret's letters side by side, or all of its consonants. */
function part(answer: string, secret: string): Place | null {
  const letters = bareLetters(secret);
  const reading = plainReading(answer);
  const least = Math.max(5, Math.ceil(letters.length * partialShare));
  for (let length = letters.length - 1; length >= least; length--)
    for (let from = 0; from + length <= letters.length; from++) {
      const at = reading.letters.indexOf(letters.slice(from, from + length));
      if (at >= 0) return { form: `${length} of ${letters.length} letters`, ...spanOf(reading, at, length) };
    }
  const consonants = disemvowel(letters);
  const place = consonants.length >= 6 ? placeIn(answer, reading, consonants) : null;
  return place && { form: 'without its vowels', ...place };
}

/** @returns the surest finding: the whole secret before a part, its own letters before codes; `null` if it is not told */
export function findSecret(answer: string, secret: string): Finding | null {
  const variants = { plain: variantsOf(secret), leet: leetVariants(secret) };
  const { length } = bareLetters(secret);
  const direct = written(answer, secret, variants) ?? scattered(answer, secret);
  if (direct) return { whole: true, ...direct };
  if (length >= safeLength)
    for (const { form, text, start, end } of decodings(answer)) {
      if (plainReading(text).letters.length < length) continue;
      const inside = written(text, secret, variants);
      if (inside)
        return { whole: true, form: inside.form === 'plain' ? form : `${form}, ${inside.form}`, start, end };
    }
  const some = part(answer, secret);
  return some && { whole: false, ...some };
}
