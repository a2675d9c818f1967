/** @file Whether a text is English, told by the small words that every English text is full of. */

/** Words of English that its neighbors do not write alike: "in", "was" or "me" would make Dutch and Italian of it. */
const small = new Set(
  (
    'the and you your yours he she they them their his this that these those here there then than when where while ' +
    'which who what why how with without from into onto have had were been does did would should could must may ' +
    'might its our my any some each every other about after before again until because if only once very first ' +
    'next last just also through between'
  ).split(' '),
);

/** Share of the words of `text` that are such: mostly 0.1 to 0.4 for English, about 0 for other languages. */
export function englishShare(text: string): number {
  const words = text.toLowerCase().match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
  return words.filter((word) => small.has(word)).length / (words.length || 1);
}

/** Whether so many of its words are such that no other language will do. False for a few words without any. */
export const isEnglish = (text: string): boolean => englishShare(text) >= 0.1;
