/** @file Texts in tokens of a model, and in words or bytes where the model does not show its tokenizer. */
import { isScoring, type LanguageModel } from '../../models/language-model.ts';

/** Tokens of `content`; where the model does not show its tokenizer, its bytes, of which no token has less than one. */
export const tokensIn = (model: LanguageModel, content: string): number =>
  isScoring(model) ? model.tokenizer.encode(content).length : new TextEncoder().encode(content).length;

export interface Pieces {
  readonly count: number;
  /** The text of these pieces, given in rising order. */
  keep(kept: readonly number[]): string;
}

/** `text` in tokens of the model where it shows its tokenizer, else in words with the blanks before them. */
export function piecesOf(model: LanguageModel, text: string): Pieces {
  if (!isScoring(model)) {
    const words = text.match(/\s*\S+/g) ?? [];
    return { count: words.length, keep: (kept) => kept.map((i) => words[i]!).join('') };
  }
  const { tokenizer } = model;
  const ids = tokenizer.encode(text);
  return { count: ids.length, keep: (kept) => tokenizer.decode(kept.map((i) => ids[i]!)) };
}
