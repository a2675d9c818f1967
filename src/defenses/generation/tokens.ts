/** @file A text as a row of pieces of which some can be left out. */
import { isScoring, type LanguageModel } from '../../models/language-model.ts';

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
