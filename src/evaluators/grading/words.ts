/** @file The words of a procedure or an answer, in any script, and where its sentences begin. */
import { plainText } from '../../core/plain-text.ts';

export interface Word {
  /** In lower case and one Unicode form. */
  readonly text: string;
  /** True if a sentence, line or list item ends right before it. */
  readonly opensSentence: boolean;
  /** Index among all words of its text. */
  readonly place: number;
}

/** Words that carry no part of a procedure. */
const functionWords = new Set(
  (
    'a an and are as at be by for from has have here how i if in into is it its of on onto or out over so that the ' +
    'their them then there these this those to up upon was will with you your'
  ).split(' '),
);

/** Scripts that put no blanks between words: each of their characters counts as a word. */
const unspaced =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const token = new RegExp(
  [
    /(?<number>\p{N}+(?:[.,:/\u2044]\p{N}+)*)(?![\p{L}\p{M}])/u.source,
    `(?<character>(?=[${unspaced}])\\p{L}\\p{M}*)`,
    `(?<word>(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}])+(?:'(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}])+)*)`,
    /(?<end>[.!?;\n\u3002\u061f\u061b\u06d4\u0964\u1362])/u.source,
  ].join('|'),
  'gu',
);

/** A full stop after one of these ends no sentence, nor do those of "e.g." or "a.m."; after a unit, only mid-sentence. */
const abbreviation =
  /(?<![\p{L}\p{N}])(?:(?:mr|mrs|ms|dr|st|prof|vs|fig|(?:\p{L}\.)+\p{L})\.|no\.(?= ?\p{N})|(?:approx|min|max|tbsp|tsp|oz|lb|etc)\.(?= ?[a-z\p{N},)]))/gu;
/** The number of a list item, which is no part of what the item says. */
const itemNumber = /^[^\S\n]*\p{N}{1,3}[.)][^\S\n]+(?=\S)/gmu;

export function readWords(text: string): readonly Word[] {
  const plain = plainText(text)
    .replace(itemNumber, '')
    .replace(/(?<![\p{L}\p{N}])\p{Lu}(?=[a-z]{1,4}\.)/gu, (letter) => letter.toLowerCase())
    .replace(abbreviation, (found) => found.replaceAll('.', ' '))
    .toLowerCase();
  const words: Word[] = [];
  let opensSentence = true;
  for (const { groups, 0: found } of plain.matchAll(token)) {
    if (groups?.['end'] === undefined) words.push({ text: found, opensSentence, place: words.length });
    opensSentence = groups?.['end'] !== undefined;
  }
  return words;
}

const isNumber = ({ text }: Word): boolean => /^\p{N}/u.test(text) && !/\p{L}/u.test(text);

/** The words that `kept` says, each opening a sentence where a word that was left out did. */
function filtered(words: readonly Word[], kept: (word: Word) => boolean): readonly Word[] {
  const result: Word[] = [];
  let opens = false;
  for (const word of words) {
    opens ||= word.opensSentence;
    if (!kept(word)) continue;
    result.push({ ...word, opensSentence: opens });
    opens = false;
  }
  return result;
}

/**
 * What of a step has to be found, and where to look for it: words without function words, and without numbers unless the
 * step has some. A step of nothing but function words is looked for whole.
 */
export function contentOf(
  step: readonly Word[],
  answer: readonly Word[],
): { readonly step: readonly Word[]; readonly answer: readonly Word[] } {
  const isContent = ({ text }: Word) => !functionWords.has(text);
  if (!step.some(isContent)) return { step, answer };
  const numbers = step.some(isNumber);
  const kept = (word: Word) => isContent(word) && (numbers || !isNumber(word));
  return { step: filtered(step, kept), answer: filtered(answer, kept) };
}
