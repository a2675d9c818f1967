/** @file Encodes plain text for a classifier as its `tokenizer.json` defines, cut to the context window. */
import type { TokenizerFiles } from './tokenizer-files.ts';
import { buildTokenizer, type CheckedTokenizer } from './tokenizer.ts';

export type TextFiles = Pick<TokenizerFiles, 'tokenizer' | 'config'>;

export interface TextTokenizer {
  /**
   * At most `limit` ids, and at least one. A longer text is cut at its end; the special tokens that the model expects
   * around it are kept. Special tokens typed into the text are read as the model's own tokenizer reads them.
   */
  encode(text: string, limit: number): number[];
}

/** @throws LabError 'bad-model' if the files cannot be parsed. */
export function createTextTokenizer(files: TextFiles): TextTokenizer {
  const tokenizer = buildTokenizer(files);
  const ids = tokenizer.encode;
  const filler = fillerOf(tokenizer, files.config);
  return {
    encode(text, limit) {
      const whole = ids(text, true);
      if (whole.length === 0) return [filler];
      if (whole.length <= limit) return whole;
      const bare = ids(text, false);
      const around = whole.length - bare.length;
      const before = Math.max(0, startOf(bare, whole, around));
      const trimmed = bare.slice(0, Math.max(0, limit - around));
      return [...whole.slice(0, before), ...trimmed, ...whole.slice(before + bare.length)].slice(0, limit);
    },
  };
}

/** Index at which `bare` begins in `whole`; −1 if it is after `last`. */
function startOf(bare: readonly number[], whole: readonly number[], last: number): number {
  for (let start = 0; start <= last; start++)
    if (bare.every((id, i) => whole[start + i] === id)) return start;
  return -1;
}

/** The token for an empty text if the tokenizer adds no special tokens: a model must read at least one. */
function fillerOf(tokenizer: CheckedTokenizer, config: TextFiles['config']): number {
  for (const name of ['bos_token', 'cls_token', 'eos_token', 'pad_token']) {
    const value = config[name];
    const content = typeof value === 'string' ? value : (value as { content?: string } | null)?.content;
    const id = content === undefined ? undefined : tokenizer.idOf(content);
    if (id !== undefined) return id;
  }
  return 0;
}
