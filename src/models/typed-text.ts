/**
 * @file Keeps text that a user typed from becoming added tokens: a mark goes into each place that spells one, as typed
 * or after normalization (full-width brackets become plain ones under NFKC).
 */
import { createMatcher, isControl, type Matcher } from './added-tokens.ts';
import type { CheckedTokenizer, Marks } from './tokenizer.ts';

/** Two characters for private use that none of `texts` holds. */
export function freeMarks(texts: readonly string[]): Marks {
  const free: string[] = [];
  for (let code = 0xe0f7; free.length < 2 && code < 0xf900; code++) {
    const mark = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(mark))) free.push(mark);
  }
  // A text with all of them is no text; its own marks then act as marks.
  const [cut = '\uE0F7', literal = '\uE0F8'] = free;
  return { cut, literal };
}

/** A copy of a typed text with the marks that make it text. */
export type Protect = (text: string, marks: Marks) => string;

export function createProtect(tokenizer: CheckedTokenizer): Protect {
  const controls = tokenizer.addedTokens.filter(isControl);
  const matcher = createMatcher(
    controls.flatMap((token) => [
      [token.content, token] as const,
      [tokenizer.normalize(token.content), token] as const,
    ]),
  );
  const isFree = (text: string, literal: string) =>
    placesOf(text, matcher, (index) => text[index - 1] === literal).length === 0;
  return (text, { literal }) => {
    const marked = marksAt(text, places(text, matcher), literal);
    if (isFree(tokenizer.normalize(marked), literal)) return marked;
    const letters = [...text];
    const starts: number[] = [];
    let length = 0;
    for (const letter of letters) {
      starts.push(length);
      length += letter.length;
    }
    const changed = letters.map((letter) => tokenizer.normalize(letter));
    // For each place in the normalized text, the letter that it comes from.
    const origin = changed.flatMap((letter, i) => Array<number>(letter.length).fill(i));
    const inNormalized = placesOf(changed.join(''), matcher, () => false).map(({ from, inside }) => {
      const [first, second] = [origin[from]!, inside === null ? null : origin[inside]!];
      return starts[second === null || second === first ? first : second]!;
    });
    const both = marksAt(text, [...places(text, matcher), ...inNormalized], literal);
    // Where letters join under normalization, no place within the text can be told: each letter stands alone.
    return isFree(tokenizer.normalize(both), literal) ? both : literal + letters.join(literal);
  };
}

interface Place {
  readonly from: number;
  /** Index of the second letter of the token; `null` for a token of one letter. */
  readonly inside: number | null;
}

function placesOf(text: string, matcher: Matcher, isText: (index: number) => boolean): readonly Place[] {
  const found: Place[] = [];
  for (let from = 0; from < text.length; from++) {
    const first = String.fromCodePoint(text.codePointAt(from)!).length;
    for (const { length } of isText(from) ? [] : matcher.at(text, from))
      found.push({ from, inside: length > first ? from + first : null });
  }
  return found;
}

const places = (text: string, matcher: Matcher): readonly number[] =>
  placesOf(text, matcher, () => false).map(({ from, inside }) => inside ?? from);

function marksAt(text: string, at: readonly number[], mark: string): string {
  if (at.length === 0) return text;
  let [marked, from] = ['', 0];
  for (const place of [...new Set(at)].sort((a, b) => a - b)) {
    marked += text.slice(from, place) + mark;
    from = place;
  }
  return marked + text.slice(from);
}
