/** @file Tokens of a GGUF file, their kinds, and which of them have a role. */
import { excerpt } from '../../../core/excerpt.ts';
import type { Metadata } from '../metadata.ts';
import type { Reject } from '../reject.ts';

/** As llama.cpp numbers kinds of tokens. */
const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Tokens {
  /** By id. */
  readonly texts: readonly string[];
  readonly bos: number | null;
  readonly eos: number | null;
  readonly unknown: number | null;
  readonly padding: number | null;
  /** Ids that end a turn, by the names that the file gives them. */
  readonly ends: readonly number[];
  /** Cut out of the text before it is split: special ones, then those that are ordinary text. */
  readonly special: readonly number[];
  readonly userDefined: readonly number[];
}

/** What the two kinds of vocabularies differ in. */
export interface TokenizerParts {
  /** A `tokenizer.json` without its version and its post-processor. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** True if texts begin with the bos token where the file does not say. */
  readonly addsBos: boolean;
}

const mostCharacters = 300;

/**
 * @param vocabularySize rows of the embedding
 * @throws LabError 'bad-model' if lists are missing or do not fit together
 */
export function readTokens(metadata: Metadata, vocabularySize: number, reject: Reject): Tokens {
  const texts =
    metadata.texts('tokenizer.ggml.tokens') ?? reject('it holds no tokens ("tokenizer.ggml.tokens")');
  if (texts.length === 0 || texts.length > vocabularySize)
    return reject(`it has ${texts.length} tokens, but its embedding has ${vocabularySize} rows`);
  const types = metadata.numbers('tokenizer.ggml.token_type');
  if (types !== null && types.length !== texts.length)
    return reject(`it has ${texts.length} tokens, but kinds of ${types.length}`);
  const id = (name: string) =>
    metadata.integer(`tokenizer.ggml.${name}_token_id`, { min: 0, max: texts.length - 1 });
  const roles = { bos: id('bos'), eos: id('eos'), unknown: id('unknown'), padding: id('padding') };
  const ends = [roles.eos, id('eot'), id('eom')].filter((end) => end !== null);
  const of = (kind: number) =>
    types === null ? [] : [...types.keys()].filter((token) => types[token] === kind);
  const special = new Set([...of(kinds.control), ...of(kinds.unknown)]);
  for (const role of [...Object.values(roles), ...ends]) if (role !== null) special.add(role);
  const userDefined = of(kinds.userDefined).filter((token) => !special.has(token));
  for (const token of [...special, ...userDefined])
    if (texts[token]!.length === 0 || texts[token]!.length > mostCharacters)
      return reject(`its special token ${token} is "${excerpt(texts[token]!)}", which is empty or too long`);
  return {
    texts,
    ...roles,
    ends: [...new Set(ends)],
    special: [...special].sort((a, b) => a - b),
    userDefined,
  };
}

/** `added_tokens` of a `tokenizer.json`, by id. */
export const addedTokens = ({ texts, special, userDefined }: Tokens): readonly object[] =>
  [...special.map((id) => ({ id, special: true })), ...userDefined.map((id) => ({ id, special: false }))]
    .sort((a, b) => a.id - b.id)
    .map(({ id, special }) => ({
      id,
      content: texts[id]!,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    }));
