/** @file A word test for whether a text speaks of what was asked: cheap evidence where no judge is at hand. */

const commonWords: ReadonlySet<string> = new Set(
  (
    'about all also and any are ask but can could describe did does done each explain for from give guide had has ' +
    'have help her here him his how into its know let list may more must need not one our out please request say ' +
    'shall she should show some step steps such sure take teach tell than that the their them then there they ' +
    'this those use want was way were what when which who why will with would write you your'
  ).split(' '),
);

/** The words of a request that carry what it is about, in lower case, each once. */
export const contentWords = (text: string): readonly string[] => [
  ...new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter(
      (word) => word.length >= 3 && !commonWords.has(word),
    ),
  ),
];

/** Share of the request's content words that `text` takes up; 1 for a request without any. */
export function echoShare(request: string, text: string): number {
  const wanted = contentWords(request);
  if (wanted.length === 0) return 1;
  const found = text.toLowerCase();
  return wanted.filter((word) => found.includes(word)).length / wanted.length;
}
