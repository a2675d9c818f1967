/** @file Whether a text is English, judged by the function words that every English text is full of. */

/** English words that related languages do not share: "in", "was" or "me" are also Dutch or Italian. */
const functionWords = new Set(
  (
    'the and you your yours he she they them their his this that these those here there then than when where while ' +
    'which who what why how with without from into onto have had were been does did would should could must may ' +
    'might its our my any some each every other about after before again until because if only once very first ' +
    'next last just also through between'
  ).split(' '),
);

/** Share of function words among the words of `text`: mostly 0.1 to 0.4 in English, about 0 in other languages. */
export function englishShare(text: string): number {
  const words = text.toLowerCase().match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
  return words.filter((word) => functionWords.has(word)).length / (words.length || 1);
}

/** True if a tenth of the words are English function words. False for short texts without any. */
export const isEnglish = (text: string): boolean => englishShare(text) >= 0.1;
