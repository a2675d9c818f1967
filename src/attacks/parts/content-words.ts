/** @file The words that carry what a request is about, and whether a text repeats them: evidence without a judge. */

const commonWords: ReadonlySet<string> = new Set(
  (
    'about all also and any are ask but can could describe did does done each explain for from give guide had has ' +
    'have help her here him his how into its know let list may more must need not one our out please request say ' +
    'shall she should show some step steps such sure take teach tell than that the their them then there they ' +
    'this those use want was way were what when which who why will with would write you your'
  ).split(' '),
);

/** The distinct content words of a request, in lower case. */
export const contentWords = (text: string): readonly string[] => [
  ...new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter(
      (word) => word.length >= 3 && !commonWords.has(word),
    ),
  ),
];

/** Share of the content words of `request` that `text` repeats; 1 for a request without any. */
export function echoShare(request: string, text: string): number {
  const words = contentWords(request);
  if (words.length === 0) return 1;
  const lowerCased = text.toLowerCase();
  return words.filter((word) => lowerCased.includes(word)).length / words.length;
}
