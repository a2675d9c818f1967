/** @file A tiny random model with a tokenizer of numbers, for the white-box tests. */
import { createRandom } from '../../../src/core/random.ts';
import { initWeights } from '../../../src/models/llama-weights.ts';
import { parseLlamaConfig, type LlamaConfig } from '../../../src/models/llama.ts';
import type { ChatTokenizer } from '../../../src/models/chat-tokenizer.ts';
import type { Tensors } from '../../../src/models/safetensors.ts';

const base = {
  model_type: 'llama',
  vocab_size: 37,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  max_position_embeddings: 112,
  bos_token_id: 1,
  eos_token_id: 2,
};

/** Four norms per layer, scaled embeddings, and a window of three positions on the first of two layers. */
export const gemmaFields = {
  model_type: 'gemma3_text',
  query_pre_attn_scalar: 6,
  sliding_window: 3,
  layer_types: ['sliding_attention', 'full_attention'],
};

export const tinyConfig = (changes: Record<string, unknown> = {}): LlamaConfig =>
  parseLlamaConfig({ ...base, ...changes });

/** Weights large enough that attention and gates are far from linear; biases and norms are not trivial. */
export function tinyWeights(config: LlamaConfig, seed = 1): Tensors {
  const rng = createRandom(seed).fork('test');
  return new Map(
    [...initWeights(config, createRandom(seed))].map(([name, { shape, data }]) => {
      const stream = rng.fork(name);
      const grown =
        shape.length > 1
          ? data.map((value) => value * 15)
          : data.map((value) => value + 0.3 * stream.normal());
      return [name, { shape, data: grown }];
    }),
  );
}

export const randomIds = (count: number, vocabSize: number, seed: number | string): number[] => {
  const rng = createRandom(seed);
  return Array.from({ length: count }, () => rng.integer(vocabSize));
};

/** Text is ids in decimal, with spaces between; a prompt is BOS, the messages, and token 4. */
export function stubTokenizer({ vocabSize }: LlamaConfig): ChatTokenizer {
  const encode = (text: string) => text.split(' ').filter(Boolean).map(Number);
  const tokenizer: ChatTokenizer = {
    vocabSize,
    systemRole: 'own',
    isPlain: false,
    opensThought: false,
    thoughtTags: null,
    withSettings: () => tokenizer,
    bosId: 1,
    endIds: new Set([2]),
    specialIds: new Set([1, 2, 4]),
    encode,
    decode: (ids) => ids.join(' '),
    prompt: (messages, { assistantPrefix = '' } = {}) => [
      1,
      ...messages.flatMap(({ content }) => encode(content)),
      4,
      ...encode(assistantPrefix),
    ],
  };
  return tokenizer;
}
