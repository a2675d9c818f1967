import { allOwnWords } from '../../core/chat.ts';
import { arxiv } from '../../core/method.ts';
import { number } from '../../core/options.ts';
import { createRandom, type Random } from '../../core/random.ts';
import type { ChatTokenizer } from '../../models/chat-tokenizer.ts';
import { aroundModel, blackBox, defineDefense, withEvent } from '../defense.ts';

/**
 * Returns a function that cuts a text into pieces of one token each (except characters of several tokens). Merges are
 * inferred from the tokenizer: two neighbors can merge if together they encode to one token, and the pair with the
 * lowest token id, the one learned first, merges first. At each step every possible merge is left out with probability
 * `dropout`; when none remains, the word is done. 0 leaves the text whole, 1 gives single characters.
 * @see https://arxiv.org/abs/1910.13267 (BPE-dropout)
 */
export function createDropout(
  { encode, encodeWithin = encode }: Pick<ChatTokenizer, 'encode' | 'encodeWithin'>,
  dropout: number,
) {
  const tokenIds = new Map<string, number | null>();
  const tokenOf = (text: string): number | null => {
    let id = tokenIds.get(text);
    if (id === undefined) {
      const ids = encodeWithin(text);
      id = ids.length === 1 ? ids[0]! : null;
      tokenIds.set(text, id);
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
  // Words with the blank before them: most tokenizers split a text this way before they merge.
  return (text: string, random: Random): readonly string[] => {
    if (dropout === 0) return [text];
    return (text.match(/\s+(?=\s\S)|\s?\S+|\s+/gu) ?? []).flatMap((word) => cutWord(word, random));
  };
}

/**
 * Breaks the tokens of the request into smaller ones at random. The text stays as it is, but a suffix that was optimized
 * token by token no longer reaches the model as the same tokens.
 * The user's own words are broken up in every turn, as they are after all input defenses.
 */
export const retokenization = defineDefense({
  id: 'retokenization',
  title: 'Retokenization',
  paper: arxiv('2309.00614', 'Baseline Defenses for Adversarial Attacks Against Aligned Language Models'),
  summary: 'Breaks the tokens of the request into smaller ones at random, without changing the text.',
  differs:
    "Published implementations leave out merges of another tokenizer, here it is the model's own, so no " +
    'marks or blanks enter the text; the order of merges is inferred from the token ids. The default ' +
    'dropout is that of common implementations; the paper compares several.',
  access: 'grey-box',
  stage: 'input',
  draws: true,
  needs: [],
  taxonomy: aroundModel,
  options: {
    dropout: number({
      description: 'Share of the merges that are left out; 1 leaves single characters.',
      default: 0.2,
      min: 0,
      max: 1,
    }),
  },
  wrap(model, { dropout }) {
    const { tokenizer } = model;
    const cut = createDropout(tokenizer, dropout);
    return {
      ...blackBox(model, 'retokenization'),
      async generate(messages, request) {
        const random = createRandom(request.seed ?? '0').fork('retokenization');
        // Named by the text, so that the same text is always cut the same way.
        const pieces = (text: string) => cut(text, random.fork(text));
        const reply = await model.generate(messages, { ...request, pieces });
        const turns = allOwnWords(messages);
        const count = (size: (text: string) => number) => turns.reduce((sum, words) => sum + size(words), 0);
        const { encode, encodeWithin = encode } = tokenizer;
        const usual = count((text) => encode(text).length);
        const broken = count((text) => {
          const [first = '', ...rest] = pieces(text);
          return [encode(first), ...rest.map((piece) => encodeWithin(piece))].flat().length;
        });
        return withEvent(
          reply,
          {
            defense: 'retokenization',
            action: broken > usual ? 'edited' : 'passed',
            reason:
              broken > usual
                ? 'The request was broken into smaller tokens.'
                : 'The tokens of the request stayed as they are.',
            detail: { tokensBefore: usual, tokensAfter: broken },
          },
          'start',
        );
      },
    };
  },
});
