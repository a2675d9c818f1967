/**
 * @file The added tokens of a tokenizer: strings that become one token wherever they stand, before the rest of a text is
 * split. The rules are those of Hugging Face's tokenizers: the longest match, `single_word`, `lstrip` and `rstrip`.
 */
import { isThoughtTag } from '../core/thoughts.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Left out of decoded text. */
  readonly special: boolean;
  /** Matches only between characters that belong to no word. */
  readonly single_word: boolean;
  /** Takes the blanks before it. */
  readonly lstrip: boolean;
  /** Takes the blanks after it. */
  readonly rstrip: boolean;
  /** Matches after the normalizer has run, not before. */
  readonly normalized: boolean;
}

/** A run of blanks as one token is how some models read code; it controls nothing. */
export const isControl = ({ content }: Pick<AddedToken, 'content'>): boolean => content.trim() !== '';

/** As `tokenizer.json` has it, where every field but id and content may be missing. */
type Declared = Pick<AddedToken, 'id' | 'content'> & Partial<AddedToken>;

interface Declarations {
  readonly tokenizer: { readonly added_tokens?: readonly Declared[] };
  readonly config: Readonly<Record<string, unknown>>;
  /** Id of a token of the vocabulary. */
  readonly idOf: (content: string) => number | undefined;
}

const namesOfSpecials = ['bos_token', 'eos_token', 'pad_token', 'unk_token', 'cls_token', 'sep_token'];

/**
 * The added tokens of `tokenizer.json`, and as in transformers those that only `tokenizer_config.json` names: its
 * `added_tokens_decoder` and the special tokens that the vocabulary has. The tags of a thought stay in decoded text,
 * because an answer is told from a thought by them.
 */
export function allAddedTokens({ tokenizer, config, idOf }: Declarations): readonly AddedToken[] {
  const tokens = new Map<string, AddedToken>();
  const add = ({ id, content, special = false, ...rules }: Declared) => {
    if (tokens.has(content)) return;
    const { single_word = false, lstrip = false, rstrip = false, normalized = !special } = rules;
    const isShown = isThoughtTag(content);
    tokens.set(content, {
      ...{ id, content, special: special && !isShown },
      ...{ single_word, lstrip, rstrip, normalized },
    });
  };
  for (const token of tokenizer.added_tokens ?? []) add(token);
  const decoder = Object.entries((config['added_tokens_decoder'] ?? {}) as Record<string, unknown>);
  for (const [id, value] of decoder) {
    const { content, ...rules } = (value ?? {}) as Partial<Declared>;
    if (typeof content === 'string' && content !== '' && Number.isInteger(Number(id)))
      add({ ...rules, content, id: Number(id) });
  }
  const others = config['additional_special_tokens'];
  for (const value of [
    ...namesOfSpecials.map((name) => config[name]),
    ...(Array.isArray(others) ? others : []),
  ]) {
    const content = contentOf(value);
    const id = content ? idOf(content) : undefined;
    if (content && id !== undefined) add({ id, content, special: true, normalized: false });
  }
  return [...tokens.values()];
}

/** The text of a token in `tokenizer_config.json`, which may be a string or an object; `null` without one. */
export const contentOf = (value: unknown): string | null =>
  typeof value === 'string' ? value : ((value as { content?: string } | null | undefined)?.content ?? null);

interface Node {
  readonly next: Map<string, Node>;
  token: AddedToken | null;
}

/** Finds added tokens in a text. */
export interface Matcher {
  /** Lengths of the tokens that stand at `at`, shortest first, with the tokens. */
  at(text: string, at: number): readonly { readonly length: number; readonly token: AddedToken }[];
}

/** @param entries what each token looks like in the text that is searched */
export function createMatcher(entries: readonly (readonly [string, AddedToken])[]): Matcher {
  const root: Node = { next: new Map(), token: null };
  for (const [content, token] of entries) {
    let node = root;
    for (let i = 0; i < content.length; i++) {
      const next = node.next.get(content[i]!) ?? { next: new Map(), token: null };
      node.next.set(content[i]!, next);
      node = next;
    }
    node.token ??= token;
  }
  return {
    at(text, at) {
      const found: { length: number; token: AddedToken }[] = [];
      let node = root.next.get(text[at] ?? '');
      for (let length = 1; node; length++) {
        if (node.token) found.push({ length, token: node.token });
        node = node.next.get(text[at + length] ?? '');
      }
      return found;
    },
  };
}

/** A piece of a text: an added token, or the text between two of them. */
export type Section = { readonly token: AddedToken } | { readonly text: string };

const endsWithWord = /[\p{L}\p{M}\p{N}\p{Pc}]$/u;
const startsWithWord = /^[\p{L}\p{M}\p{N}\p{Pc}]/u;

/** @param isText true where the text at an index must stay text, whatever it spells */
export function splitAtTokens(
  text: string,
  matcher: Matcher,
  isText: (index: number) => boolean,
): readonly Section[] {
  const sections: Section[] = [];
  let from = 0;
  const addText = (to: number) => {
    if (to > from) sections.push({ text: text.slice(from, to) });
  };
  for (let at = 0; at < text.length;) {
    const match = isText(at) ? undefined : matcher.at(text, at).at(-1);
    if (!match) {
      at++;
      continue;
    }
    const { token } = match;
    let [start, end] = [at, at + match.length];
    at = end;
    const [before, after] = [text.slice(Math.max(0, start - 2), start), text.slice(end, end + 2)];
    if (token.single_word && (endsWithWord.test(before) || startsWithWord.test(after))) continue;
    if (token.lstrip) start = Math.max(from, text.slice(0, start).trimEnd().length);
    if (start >= end) continue;
    if (token.rstrip) end = text.length - text.slice(end).trimStart().length;
    addText(start);
    sections.push({ token });
    // As in the reference, a token of blanks is found even within what the token before it took.
    from = end;
  }
  addText(text.length);
  return sections;
}
