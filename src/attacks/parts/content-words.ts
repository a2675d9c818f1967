/** @file The words that carry what a text is about, in any script: evidence without a judge. */
import { plainText } from '../../core/plain-text.ts';

/** Words that carry no topic: English, German, French, Spanish, then languages that are written without blanks. */
const commonWords: ReadonlySet<string> = new Set(
  (
    'about all also and any are ask but can could describe did does done each explain for from give guide had has ' +
    'have help her here him his how into its know learn let like list may more must need not one our out please request say ' +
    'shall she should show some step steps such tell sure take teach tell than that the their them then there they ' +
    'this those use want was way were what when which who why will with would write you your ' +
    'aber als auch auf aus bei bin bist bitte das dass dem den der des die dies ein eine einem einen einer eines er ' +
    'für gib haben hat hier ich ihr ihre ist kann kannst können man mein mich mir mit nach nicht noch nur oder sage ' +
    'sein sich sie sind soll und uns von war was wenn wer werden wie wird wir wird zum zur ' +
    'aux avec ces cet cette comment dans des dit donner elle est expliquer faire fait faut ici ils les leur mais mes ' +
    'moi mon nous par pas pour quel que qui quoi ses son sont suis sur tes toi ton très une vos votre vous ' +
    'algo como con cómo cuando del dime donde ella ellos era eso esta este esto hacer hay las los más muy nos otra ' +
    'otro para pero por porque puede puedo qué quiero ser sin sobre son sus también una unos usted ' +
    '的 了 是 在 我 你 他 她 它 我们 你们 他们 和 与 及 或 请 吗 吧 呢 把 被 让 给 对 从 到 也 都 就 不 有 会 能 可以 这 那 这个 那个 一个 ' +
    '如何 怎么 怎样 什么 为什么 告诉 说明 写 一 个 ' +
    'の は が を に で と も へ や か です ます する した して て い いる ある こと ください 教え 方法 どう どの よう ' +
    'และ ที่ ใน ของ เป็น การ ให้ ได้ อย่างไร วิธี คือ จะ ไม่ ฉัน คุณ'
  ).split(' '),
);

const words = new Intl.Segmenter('und', { granularity: 'word' });
/** Scripts that put no blanks between words, so that one or two characters are a word. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const isContent = (word: string): boolean =>
  (word.length >= 3 || unspaced.test(word)) && !commonWords.has(word);

/** The distinct content words of a text, in lower case and one Unicode form. */
export const contentWords = (text: string): readonly string[] => [
  ...new Set(
    [...words.segment(plainText(text).toLowerCase())]
      .filter(({ isWordLike }) => isWordLike)
      .map(({ segment }) => segment.replace(/'s$/, ''))
      .filter(isContent),
  ),
];

/** Without the commonest endings, so that "giants" and "making" are found in "giant" and "make". */
const stemOf = (word: string): string => /^(\p{L}{3,}?)(?:ing|ed|es|en|er|s|e|n)$/u.exec(word)?.[1] ?? word;

/** Share of the content words of `request` that `text` repeats; 1 for a request without any. */
export function echoShare(request: string, text: string): number {
  const wanted = contentWords(request);
  if (wanted.length === 0) return 1;
  const lowerCased = plainText(text).toLowerCase();
  return wanted.filter((word) => lowerCased.includes(stemOf(word))).length / wanted.length;
}

/** The distinct content words of `text` that none of the `given` texts has, in any common ending. */
export function wordsOfItsOwn(text: string, given: readonly string[]): readonly string[] {
  const known = new Set(given.flatMap(contentWords).map(stemOf));
  const own = contentWords(text).filter((word) => !known.has(stemOf(word)));
  return [...new Map(own.map((word) => [stemOf(word), word])).values()];
}
