/**
 * @file Every defense answers behind templates unlike the lab's own: without a system turn as Gemma's, with headers as
 * Llama 3's, and with thoughts as Qwen3's.
 */
import { describe, expect, test } from 'vitest';
import { lastUserText, system, user } from '../../src/core/chat.ts';
import { parseOptions } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { defenses } from '../../src/defenses/index.ts';
import { stack } from '../../src/defenses/stack.ts';
import { createChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import { createWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { byteLevelFiles } from '../models/byte-level.ts';
import { device } from '../models/whitebox/tiny.ts';
import { tinyConfig, tinyWeights } from '../models/whitebox/tiny-model.ts';
import { guarding, playing } from './defend.ts';

const turns = (open: string, role: string, close: string, end: string) =>
  `{{ bos_token }}{% for m in messages %}{{ '${open}' + ${role} + '${close}' + m['content'] + '${end}' }}{% endfor %}`;
const templates = {
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

const small: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'smooth-llm': { copies: 2 },
  'ra-llm': { copies: 2, answerTokens: 2 },
  'erase-and-check': { maxErased: 1 },
  'gradient-cuff': { samples: 1, directions: 1, calibration: 1, answerTokens: 2 },
  'grad-safe': { references: 1, gap: 0, mostSlices: 4 },
  'perplexity-filter': { calibration: 1 },
  'goal-priority': { thoughtTokens: 4 },
  parden: { calibration: 1, answerTokens: 4 },
  dro: { epochs: 1, samples: 1, answerTokens: 2, safetyPrompt: 'Be kind.' },
  'alignment-depth': { deepest: 2, every: 2, openings: 'No' },
};
const contrast = { harmful: ['Wake it', 'Break it'], harmless: ['Feed it', 'Bake it'] };

describe.each(Object.entries(templates))(
  'behind a template like that of %s',
  (_, { template, tokens, end }) => {
    const added = Object.fromEntries(tokens.map((token) => [token, {}]));
    const files = byteLevelFiles(added, {
      config: { chat_template: template, bos_token: '<bos>', eos_token: end },
      endId: 300 + tokens.indexOf(end as never),
    });
    const tokenizer = createChatTokenizer(files);
    const config = tinyConfig({ vocab_size: tokenizer.vocabSize, max_position_embeddings: 4096 });
    const model = createWhiteBoxModel({
      id: 'tiny',
      device,
      config,
      weights: tinyWeights(config),
      tokenizer,
    });
    const speaker = scripted({ reply: (messages) => lastUserText(messages).slice(-40) || 'No.' });
    const roles = { judge: speaker, paraphraser: speaker, corrector: speaker, expert: model };
    const { classifier } = guarding(() => 0.1, { contextWindow: 4096 });
    const context = playing(roles, { 'prompt-guard': classifier, 'answer-guard': classifier });

    test.each(defenses.all.map((defense) => [defense.id, defense] as const))(
      '%s answers',
      async (id, defense) => {
        const chosen = small[id] ?? {};
        const options = parseOptions(defense.options, chosen, id);
        const artifact = await defense.prepare?.(model as never, contrast, options, {
          random: createRandom(1),
        });
        const defended = stack(model, [{ defense, options: chosen, artifact }], context);
        const messages = [system('By the pond.'), user('Say hello')];
        const reply = await defended.generate(messages, {
          maxNewTokens: 4,
          seed: 'x',
          assistantPrefix: 'Sure',
        });
        expect(typeof reply.text).toBe('string');
        expect(reply.events.map((event) => event.defense)).toEqual([id]);
      },
    );
  },
);
