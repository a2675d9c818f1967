/**
 * @file A tiny random model behind chat templates unlike the lab's own: without a system turn as Gemma's, with headers
 * as Llama 3's, and with thoughts as Qwen3's.
 */
import { createChatTokenizer } from '../../../src/models/chat-tokenizer.ts';
import { createWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { byteLevelFiles } from '../byte-level.ts';
import { device } from './tiny.ts';
import { tinyConfig, tinyWeights } from './tiny-model.ts';

const turns = (open: string, role: string, close: string, end: string) =>
  `{{ bos_token }}{% for m in messages %}{{ '${open}' + ${role} + '${close}' + m['content'] + '${end}' }}{% endfor %}`;
export const templates = {
  gemma: {
    template:
      "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" +
      turns(
        '<start_of_turn>',
        "('model' if m['role'] == 'assistant' else m['role'])",
        '\\n',
        '<end_of_turn>\\n',
      ) +
      "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}",
    tokens: ['<bos>', '<start_of_turn>', '<end_of_turn>'],
    end: '<end_of_turn>',
  },
  llama3: {
    template:
      "{% if messages[0]['role'] != 'system' %}{{ '<|start_header_id|>system<|end_header_id|>\\n\\nEnvironment: ipython\\n<|eot_id|>' }}{% endif %}" +
      turns('<|start_header_id|>', "m['role']", '<|end_header_id|>\\n\\n', '<|eot_id|>') +
      "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
    tokens: ['<bos>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
    end: '<|eot_id|>',
  },
  qwen3: {
    template:
      turns('<|im_start|>', "m['role']", '\\n', '<|im_end|>\\n') +
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}",
    tokens: ['<bos>', '<|im_start|>', '<|im_end|>', '<think>', '</think>'],
    end: '<|im_end|>',
  },
} as const;

/** @param window most tokens that the model can attend to */
export function modelBehind(
  { template, tokens, end }: (typeof templates)[keyof typeof templates],
  window = 4096,
) {
  const added = Object.fromEntries(tokens.map((token) => [token, {}]));
  const files = byteLevelFiles(added, {
    config: { chat_template: template, bos_token: '<bos>', eos_token: end },
    endId: 300 + tokens.indexOf(end as never),
  });
  const tokenizer = createChatTokenizer(files);
  const config = tinyConfig({ vocab_size: tokenizer.vocabSize, max_position_embeddings: window });
  return createWhiteBoxModel({ id: 'tiny', device, config, weights: tinyWeights(config), tokenizer });
}
