/** @file Byte-pair encoding that leaves out merges at random, so that a text falls into other, shorter tokens. */
import type { Random } from '../../core/random.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';

/**
 * A function that cuts a text into pieces that are one token each (but for characters that are several). Merges are
 * known only through the tokenizer: two neighbours can merge if together they encode to one token, and the pair whose
 * token has the lowest id, which is the one learned first, goes first. At each step every possible merge is left out
 * with probability `dropout`; when none is left the word is done. 0 is the usual tokenization, 1 single characters.
 * @see https://arxiv.org/abs/1910.13267 (BPE-dropout)
 */
export function createDropout({ encode }: Pick<ChatTokenizer, 'encode'>, dropout: number) {
  const known = new Map<string, number | null>();
  const tokenOf = (text: string): number | null => {
    let id = known.get(text);
    if (id === undefined) {
      const ids = encode(text);
      id = ids.length === 1 ? ids[0]! : null;
      known.set(text, id);
    }
    return id;
  };
  const cutWord = (word: string, random: Random): string[] => {
    const pieces = Array.from(word);
    for (;;) {
      let best: { readonly at: number; readonly id: number } | undefined;
      for (let at = 0; at + 1 < pieces.length; at++) {
        const id = tokenOf(pieces[at]! + pieces[at + 1]!);
        if (id === null || random.next() < dropout) continue;
        if (best === undefined || id < best.id) best = { at, id };
      }
      if (best === undefined) return pieces;
      pieces.splice(best.at, 2, pieces[best.at]! + pieces[best.at + 1]!);
    }
  };
  /** Words with the blank before them, as most tokenizers split a text before they merge. */
  return (text: string, random: Random): readonly string[] =>
    (text.match(/\s+(?=\s\S)|\s?\S+|\s+/gu) ?? []).flatMap((word) => cutWord(word, random));
}
