/**
 * @file The library's tokenizer behind a checked interface: its failures are errors that a user can act on, added tokens
 * follow their own rules, and what it cannot do is refused when it is built.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import { allAddedTokens, createMatcher, splitAtTokens, type AddedToken } from './added-tokens.ts';
import { expandBytes } from './byte-pieces.ts';
import { checkTokenizerFiles, damaged, type TokenizerFiles } from './tokenizer-files.ts';

/** Characters that occur in no text and steer how it is split. Neither becomes a token. */
export interface Marks {
  /** Tokens do not merge across it. */
  readonly cut: string;
  /** As a cut; and no added token begins right after it. */
  readonly literal: string;
}

export interface CheckedTokenizer {
  readonly addedTokens: readonly AddedToken[];
  /** Largest id + 1. */
  readonly vocabSize: number;
  /** @throws LabError 'bad-input' for a text that it cannot read */
  encode(text: string, withSpecialTokens: boolean): number[];
  /**
   * Ids of a whole text, which may hold marks; nothing is added at its start and end.
   * @throws LabError 'bad-input' for a text that it cannot read
   */
  encodeMarked(text: string, marks: Marks): number[];
  /** A text as the added tokens that are `normalized` see it, without what is put in front of texts. */
  normalize(text: string): string;
  /** Special tokens are left out. */
  decode(ids: readonly number[]): string;
  /** True if tokens decode to bytes, whatever stands before and behind them. */
  readonly decodesInParts: boolean;
  idOf(token: string): number | undefined;
  /** Id of text that has no token; `undefined` if there is none. */
  readonly unknownId: number | undefined;
}

/** @throws LabError 'bad-model' with the file and the path in it */
export function buildTokenizer(files: Pick<TokenizerFiles, 'tokenizer' | 'config'>): CheckedTokenizer {
  checkTokenizerFiles(files);
  const { tokenizer: json, config } = files;
  const failed = (reason: string) => damaged('tokenizer.json', `its steps do not go together${reason}`);
  const vocabulary = vocabularyOf(json.model.vocab);
  const addedTokens = allAddedTokens({ tokenizer: json, config, idOf: (token) => vocabulary.get(token) });
  const complete = { ...json, added_tokens: addedTokens };
  const [tokenizer, inner] = attempt(
    () => [new Tokenizer(complete, config), new Tokenizer(withoutPrefix(complete), config)] as const,
    failed,
  );
  const model = tokenizer.model!;
  expandBytes(model);
  const normalizedContent = ({ content }: AddedToken) =>
    attempt(() => tokenizer.normalizer?.(content) ?? content, failed);
  const before = createMatcher(
    addedTokens.flatMap((token) => (token.normalized ? [] : [[token.content, token] as const])),
  );
  const after = createMatcher(
    addedTokens.flatMap((token) => (token.normalized ? [[normalizedContent(token), token] as const] : [])),
  );

  /** Ids of text without added tokens. */
  const encodePlain = (text: string, marks: Marks, isStart: boolean): number[] =>
    pieces(text, marks).flatMap((piece, i) => {
      const { pre_tokenizer: split } = i === 0 ? tokenizer : inner;
      const words = split ? split(piece, { section_index: isStart && i === 0 ? 0 : 1 }) : [piece];
      return model(words).flatMap((token) => model.tokens_to_ids.get(token) ?? model.unk_token_id ?? []);
    });
  const normalizeMarked = (text: string, marks: Marks): string => {
    if (!tokenizer.normalizer) return text;
    const whole = tokenizer.normalizer(text);
    if (marksOf(whole, marks).length === marksOf(text, marks).length) return whole;
    // This normalizer drops the marks, so it gets the pieces between them.
    const found = marksOf(text, marks);
    return text
      .split(new RegExp(`[${marks.cut}${marks.literal}]`, 'u'))
      .map((piece, i) => (i === 0 ? tokenizer.normalizer!(piece) : (inner.normalizer?.(piece) ?? piece)))
      .reduce((joined, piece, i) => joined + found[i - 1]! + piece);
  };
  const encodeMarked = (text: string, marks: Marks): number[] => {
    const ids: number[] = [];
    const isTextIn = (whole: string) => (index: number) => whole[index - 1] === marks.literal;
    for (const section of splitAtTokens(text, before, isTextIn(text))) {
      if ('token' in section) {
        ids.push(section.token.id);
        continue;
      }
      const normalizedText = normalizeMarked(section.text, marks);
      for (const part of splitAtTokens(normalizedText, after, isTextIn(normalizedText)))
        ids.push(...('token' in part ? [part.token.id] : encodePlain(part.text, marks, ids.length === 0)));
    }
    return ids;
  };

  const refusal = (text: string) => (reason: string) =>
    new LabError('bad-input', `The tokenizer cannot read "${excerpt(text)}"${reason}.`, {
      advice: 'Try a shorter text; if that does not help, pick another model.',
    });
  const plain = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
  return {
    addedTokens,
    vocabSize: sizeOf(vocabulary, addedTokens),
    encode: (text, withSpecialTokens) =>
      attempt(() => tokenizer.encode(text, { add_special_tokens: withSpecialTokens }).ids, refusal(text)),
    encodeMarked: (text, marks) => attempt(() => encodeMarked(text, marks), refusal(text)),
    normalize: (text) => attempt(() => inner.normalizer?.(text) ?? text, refusal(text)),
    decode: (ids) => attempt(() => tokenizer.decode([...ids], plain), refusal(ids.slice(0, 20).join(' '))),
    decodesInParts: decodesInParts(json),
    idOf: (token) => tokenizer.token_to_id(token),
    unknownId: model.unk_token_id,
  };
}

/** @param failed makes the error of what the library says, which begins with a colon, or of nothing */
function attempt<T>(work: () => T, failed: (reason: string) => LabError): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof LabError) throw error;
    const isOwn = error instanceof Error && !(error instanceof TypeError || error instanceof RangeError);
    throw failed(isOwn ? `: ${excerpt(error.message, 200)}` : '');
  }
}

/** Ids by token. A list, as of Unigram, has pairs of token and score in the order of ids. */
const vocabularyOf = (vocab: TokenizerFiles['tokenizer']['model']['vocab']): ReadonlyMap<string, number> =>
  new Map(
    Array.isArray(vocab)
      ? vocab.map((entry, id) => [(entry as readonly [string])[0], id])
      : Object.entries(vocab as Readonly<Record<string, number>>),
  );

function sizeOf(vocabulary: ReadonlyMap<string, number>, added: readonly AddedToken[]): number {
  let largest = -1;
  for (const id of vocabulary.values()) if (id > largest) largest = id;
  for (const { id } of added) if (id > largest) largest = id;
  return largest + 1;
}

/** True if each token decodes to its bytes. With marks at the ends of words, the library trims what it decodes. */
function decodesInParts(json: object): boolean {
  const { decoder, model } = json as {
    decoder?: { readonly type?: string } | null;
    model: { readonly end_of_word_suffix?: unknown };
  };
  return decoder?.type === 'ByteLevel' && !model.end_of_word_suffix;
}

/** The pieces between marks, none of them empty. */
const pieces = (text: string, { cut, literal }: Marks): readonly string[] =>
  text.split(new RegExp(`[${cut}${literal}]`, 'u')).filter((piece) => piece !== '');

const marksOf = (text: string, { cut, literal }: Marks): readonly string[] =>
  text.match(new RegExp(`[${cut}${literal}]`, 'gu')) ?? [];

interface Step {
  readonly type?: string;
  readonly normalizers?: readonly Step[];
  readonly pretokenizers?: readonly Step[];
}

/** The steps for a piece within a text: those of the start of a text put nothing in front. Without a vocabulary. */
function withoutPrefix(json: object): object {
  const { normalizer, pre_tokenizer, model } = json as Record<string, Step | null>;
  const bare = (step: Step | null): Step | null => {
    if (!step || step.type === 'Prepend') return null;
    const steps = (list: readonly Step[] | undefined) => list?.flatMap((part) => bare(part) ?? []);
    return {
      ...step,
      ...(step.normalizers && { normalizers: steps(step.normalizers)! }),
      ...(step.pretokenizers && { pretokenizers: steps(step.pretokenizers)! }),
      ...(step.type === 'Metaspace' && { prepend_scheme: 'never', add_prefix_space: false }),
      ...(step.type === 'ByteLevel' && { add_prefix_space: false }),
    };
  };
  return {
    ...json,
    added_tokens: [],
    normalizer: bare(normalizer ?? null),
    pre_tokenizer: bare(pre_tokenizer ?? null),
    model: { ...model, type: 'BPE', vocab: {}, merges: [], unk_token: null },
  };
}
