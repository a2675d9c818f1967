/** @file Byte pieces of a Unigram vocabulary (`<0x0A>`), which the library reads for BPE only. */
import type { Tokenizer } from '@huggingface/tokenizers';

type Model = NonNullable<Tokenizer['model']>;

const encoder = new TextEncoder();
const bytePiece = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/**
 * Makes a Unigram model with `byte_fallback` write a run of unknown characters as the pieces of its UTF-8 bytes, as
 * Hugging Face's tokenizers do; as unknown where a piece is missing. Other models are left alone.
 */
export function expandBytes(model: Model): void {
  const { type, byte_fallback } = model.config as {
    readonly type?: string;
    readonly byte_fallback?: boolean;
  };
  if (type !== 'Unigram' || byte_fallback !== true) return;
  const unknown = model.unk_token_id;
  const isUnknown = (token: string) => (model.tokens_to_ids.get(token) ?? unknown) === unknown;
  const encode = model.encode.bind(model);
  const expand = (run: string): readonly string[] => {
    const bytes = Array.from(encoder.encode(run), bytePiece);
    return bytes.every((piece) => model.tokens_to_ids.has(piece)) ? bytes : [run];
  };
  model.fuse_unk = false;
  model.encode = (words) =>
    words.flatMap((word) => {
      const tokens: string[] = [];
      let run = '';
      for (const token of encode([word])) {
        if (isUnknown(token)) {
          run += token;
          continue;
        }
        if (run !== '') tokens.push(...expand(run));
        run = '';
        tokens.push(token);
      }
      return run === '' ? tokens : [...tokens, ...expand(run)];
    });
}
