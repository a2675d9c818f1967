/** @file Tokenizer files that put special tokens around each plain text, as those of encoder models do. */
import type { TextFiles } from '../../src/models/text-tokenizer.ts';

/**
 * The files of a chat model's tokenizer, changed to put special tokens `before` and `after` each plain text.

 */
export function textTokenizerFiles(
  { tokenizer, config }: TextFiles,
  { before, after }: { readonly before: readonly string[]; readonly after: readonly string[] },
): TextFiles {
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const { vocab } = tokenizer.model as { readonly vocab: Readonly<Record<string, number>> };
  const specialTokens = [...new Set([...before, ...after])];
  const sequence = (part: 'A' | 'B') => [
    ...before.map(special),
    { Sequence: { id: part, type_id: 0 } },
    ...after.map(special),
  ];
  const { chat_template: _, ...rest } = config;
  return {
    tokenizer: {
      ...tokenizer,
      post_processor: {
        type: 'TemplateProcessing',
        single: sequence('A'),
        pair: [...sequence('A'), ...sequence('B')],
        special_tokens: Object.fromEntries(
          specialTokens.map((token) => [token, { id: token, ids: [vocab[token]], tokens: [token] }]),
        ),
      },
    } as TextFiles['tokenizer'],
    config: { ...rest, padding_side: 'right' },
  };
}
