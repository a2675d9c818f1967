/**
 * @file Text as a reader sees it: the same words, whatever Markdown, typographic marks and Unicode forms a model writes
 * them in. For rules that compare words; what is stored and shown stays as it was written.
 */

/** Marks that are read as an apostrophe, before NFKC takes one of them (the acute) apart. */
const apostrophes = /[\u00b4\u02b9\u02bb\u02bc\u2018\u2019\u201b\u2032\ua78c\uff07]/g;
const doubleQuotes = /[\u201c\u201d\u201e\u201f\u2033\uff02]/g;
/** A backtick within a word stands for an apostrophe. */
const backtickWithinWord = /(?<=\p{L})`(?=\p{L})/gu;

/** Runs of emphasis marks, and the ends of paragraphs, across which no emphasis reaches. */
const emphasisOrBreak = /\*+|_+|~+|`+|\n[^\S\n]*\n/g;

interface Mark {
  readonly start: number;
  readonly end: number;
}

/**
 * `text` without the `*`, `_`, `~` and `` ` `` of Markdown emphasis. Marks are removed in pairs, and also where an answer
 * was cut off before their second half; a product (2 * 3), a bullet and an underscore within a name stay.
 */
export function withoutEmphasis(text: string): string {
  const removed: Mark[] = [];
  let open = new Map<string, Mark>();
  for (const match of text.matchAll(emphasisOrBreak)) {
    const [marks] = match;
    const mark = { start: match.index, end: match.index + marks.length };
    if (marks.startsWith('\n')) {
      open = new Map();
      continue;
    }
    const before = text[mark.start - 1] ?? ' ';
    const after = text[mark.end] ?? ' ';
    const withinName = marks.startsWith('_') && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
    if (withinName) continue;
    const opener = open.get(marks);
    if (opener && /\S/.test(before)) {
      removed.push(opener, mark);
      open.delete(marks);
    } else if (/\S/.test(after)) open.set(marks, mark);
  }
  // The end of the text may have cut off the second half.
  for (const mark of open.values())
    if (/[\s(\u0022'*_~`]/.test(text[mark.start - 1] ?? ' ') && /[\p{L}*_~`]/u.test(text[mark.end]!))
      removed.push(mark);
  let plain = '';
  let from = 0;
  for (const { start, end } of removed.toSorted((a, b) => a.start - b.start)) {
    plain += text.slice(from, start);
    from = end;
  }
  return plain + text.slice(from);
}

/** One Unicode form (NFKC), straight quotes, no invisible format characters, no emphasis. Line breaks and case stay. */
export const plainText = (text: string): string =>
  withoutEmphasis(
    text
      .replace(backtickWithinWord, "'")
      .replace(apostrophes, "'")
      .replace(doubleQuotes, '"')
      .normalize('NFKC')
      .replace(/\p{Cf}/gu, ''),
  );
