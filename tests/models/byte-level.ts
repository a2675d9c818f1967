import type { TokenizerFiles } from '../../src/models/chat-tokenizer.ts';
import { tinyTokenizer } from './tiny-model.ts';

type Rules = Readonly<Record<string, boolean | number | string>>;

/** Ids of the tiny tokenizer's added tokens end at 5. */
const firstId = 300;

/** The tiny byte-level tokenizer with other added tokens, from id 300 on, and the template of ChatML. */
export function byteLevelFiles(
  added: Readonly<Record<string, Rules>>,
  { config = {}, tokenizer = {}, endId = null as number | null } = {},
): TokenizerFiles {
  const rules = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    tokenizer: {
      ...tinyTokenizer,
      added_tokens: Object.entries(added).map(([content, own], i) => ({
        ...rules,
        id: firstId + i,
        content,
        ...own,
      })),
      ...tokenizer,
    } as unknown as TokenizerFiles['tokenizer'],
    config: { chat_template: chatMl, ...config },
    generation: { eos_token_id: endId },
  };
}

export const chatMl =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
