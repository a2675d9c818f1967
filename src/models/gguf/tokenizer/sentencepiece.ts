/**
 * @file A SentencePiece vocabulary of scored pieces (`tokenizer.ggml.model` is `llama`) as a `tokenizer.json`.
 * SentencePiece joins the two neighbors whose union has the best score; the file holds no list of merges, so they are
 * derived: every cut of a piece into two pieces is a merge, and those of better pieces come first.
 * Characters outside of the vocabulary become their UTF-8 bytes. Where the file asks for a blank in front, every text gets
 * one, and every piece of text behind a special token, as in llama.cpp.
 */
import type { Architecture } from '../architectures.ts';
import type { Metadata } from '../metadata.ts';
import type { Reject } from '../reject.ts';
import { addedTokens, type TokenizerParts, type Tokens } from './tokens.ts';

const blank = '▁';

/** @throws LabError 'bad-model' if scores are missing or do not fit the tokens */
export function sentencepieceTokenizer(
  metadata: Metadata,
  { modelType }: Architecture,
  stored: Tokens,
  reject: Reject,
): TokenizerParts {
  const isGemma = modelType === 'gemma3_text';
  const scores = metadata.numbers('tokenizer.ggml.scores');
  if (scores?.length !== stored.texts.length)
    return reject(`it has ${stored.texts.length} tokens, but scores of ${scores?.length ?? 0}`);
  const tokens = isGemma ? withMarkedBlanks(stored) : stored;
  const vocabulary = new Map(tokens.texts.map((text, id) => [text, id]));
  // Gemma's scores do not follow the order in which its pieces were merged; its ids do.
  const rank = (id: number) => (isGemma ? id : -scores[id]!);
  const prefixed = !isGemma && (metadata.flag('tokenizer.ggml.add_space_prefix') ?? true);
  return {
    addsBos: true,
    tokenizer: {
      added_tokens: addedTokens(tokens),
      normalizer: {
        type: 'Sequence',
        normalizers: [
          ...(prefixed ? [{ type: 'Prepend', prepend: blank }] : []),
          { type: 'Replace', pattern: { String: ' ' }, content: blank },
        ],
      },
      pre_tokenizer: null,
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: blank }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
          ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
        ],
      },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: tokens.unknown === null ? null : tokens.texts[tokens.unknown]!,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: true,
        ignore_merges: false,
        vocab: Object.fromEntries(vocabulary),
        merges: mergesOf(vocabulary, rank),
      },
    },
  };
}

/**
 * Gemma's converter writes runs of blanks as they are typed. To the tokenizer they are ordinary pieces, spelled with the
 * mark for a blank.
 */
function withMarkedBlanks(tokens: Tokens): Tokens {
  const isRun = (text: string) => /^ {1,}$/.test(text);
  return {
    ...tokens,
    texts: tokens.texts.map((text) => (isRun(text) ? blank.repeat(text.length) : text)),
    userDefined: tokens.userDefined.filter((id) => !isRun(tokens.texts[id]!)),
  };
}

/** @param rank of a piece by id: lower is merged earlier */
function mergesOf(
  vocabulary: ReadonlyMap<string, number>,
  rank: (id: number) => number,
): readonly (readonly [string, string])[] {
  const merges: { readonly pair: readonly [string, string]; readonly rank: number; readonly left: number }[] =
    [];
  for (const [piece, id] of vocabulary) {
    for (let cut = 1; cut < piece.length; cut++) {
      const left = piece.slice(0, cut);
      if (!vocabulary.has(left)) continue;
      const right = piece.slice(cut);
      if (vocabulary.has(right)) merges.push({ pair: [left, right], rank: rank(id), left: cut });
    }
  }
  return merges.sort((a, b) => a.rank - b.rank || b.left - a.left).map(({ pair }) => pair);
}
