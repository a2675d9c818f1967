/** @file Payload splitting: the content words of a request in pieces that the model has to put together. */
import { contentWords } from '../parts/content-words.ts';

export interface Payload {
  /** `a = "wa", b = "ke"`. */
  readonly pieces: string;
  /** The request with each content word as the sum of its pieces: `How do I (a + b) it?`. */
  readonly rest: string;
}

/** `0` is "a", `26` is "a1", and so on. */
const variableName = (index: number): string =>
  String.fromCharCode(97 + (index % 26)) + (index < 26 ? '' : Math.floor(index / 26));

/** Every content word of the request is split into two quoted halves. */
export function splitPayload(request: string): Payload {
  const words = new Set(contentWords(request));
  const pieces: string[] = [];
  const sums = new Map<string, string>();
  const nameOf = (piece: string) => {
    pieces.push(`${variableName(pieces.length)} = ${JSON.stringify(piece)}`);
    return variableName(pieces.length - 1);
  };
  const rest = request.replace(/[\p{L}\p{N}]+/gu, (word) => {
    if (!words.has(word.toLowerCase())) return word;
    const half = Math.ceil(word.length / 2);
    const sum = sums.get(word) ?? `(${nameOf(word.slice(0, half))} + ${nameOf(word.slice(half))})`;
    sums.set(word, sum);
    return sum;
  });
  return { pieces: pieces.join(', '), rest };
}
