/** @file Texts in tokens of a model, or in words or bytes if the model does not show its tokenizer. */
import { isScoring, type LanguageModel } from '../../models/language-model.ts';

/** Number of tokens of `content`; without a tokenizer its number of bytes, an upper bound. */
export const tokensIn = (model: LanguageModel, content: string): number =>
  isScoring(model) ? model.tokenizer.encode(content).length : new TextEncoder().encode(content).length;

/** A text as a list of pieces, some of which can be left out. */
export interface Pieces {
  readonly count: number;
  /** The text of the pieces at these indices, which must rise. */
  keep(indices: readonly number[]): string;
}

/** `text` in tokens of the model, or without a tokenizer in words with the blanks before them. */
export function piecesOf(model: LanguageModel, text: string): Pieces {
  if (!isScoring(model)) {
    const words = text.match(/\s*\S+/g) ?? [];
    return { count: words.length, keep: (indices) => indices.map((i) => words[i]!).join('') };
  }
  const { tokenizer } = model;
  const ids = tokenizer.encode(text);
  return { count: ids.length, keep: (indices) => tokenizer.decode(indices.map((i) => ids[i]!)) };
}
