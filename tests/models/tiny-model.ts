/** @file A tiny random Llama as a model folder in memory, with a tokenizer of bytes. For tests of the runtimes. */
import { createRandom } from '../../src/core/random.ts';
import type { ModelEntry } from '../../src/models/catalog.ts';
import type { Tensor } from '../../src/models/language-model.ts';
import { initWeights } from '../../src/models/llama-weights.ts';
import { toHubConfig, type LlamaConfig } from '../../src/models/llama.ts';
import { writeLlamaClassifierOnnx } from '../../src/models/onnx/llama-classifier.ts';
import { writeLlamaOnnx, type LlamaOnnxOptions } from '../../src/models/onnx/llama.ts';
import { writeSafetensors } from '../../src/models/safetensors.ts';
import { textTokenizerFiles } from './text-tokenizer-files.ts';

const specials = ['<|pad|>', '<|bos|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'];

/** The letter that byte-level tokenizers write for each byte: itself if printable, else one from U+0100 on. */
function byteLetters(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

export const tinyTokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  normalizer: null,
  pre_tokenizer: byteLevel,
  post_processor: null,
  decoder: byteLevel,
  added_tokens: specials.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries([...specials, ...byteLetters()].map((token, id) => [token, id])),
    merges: [],
  },
};

export const tinyTokenizerConfig = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  bos_token: '<|bos|>',
  eos_token: '<|end|>',
  pad_token: '<|pad|>',
  padding_side: 'left',
  clean_up_tokenization_spaces: false,
  chat_template:
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
};

export const tinyConfig: LlamaConfig = {
  modelType: 'llama',
  vocabSize: 262,
  hiddenSize: 32,
  intermediateSize: 96,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  rope: { theta: 10_000, scaling: null },
  sliding: null,
  queryPreAttentionScalar: null,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositions: 256,
  attentionBias: 'none',
  queryKeyNorm: false,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
};

/** Weights large enough that greedy text varies and attention matters; biases and norms are not trivial. */
export function tinyWeights(config: LlamaConfig = tinyConfig, seed = 'tiny'): ReadonlyMap<string, Tensor> {
  const rng = createRandom(seed);
  return new Map(
    [...initWeights(config, rng)].map(([name, { shape, data }]) => {
      const noise = rng.fork(`noise ${name}`);
      const vector = name.endsWith('norm.weight') || name.endsWith('.bias');
      return [
        name,
        { shape, data: data.map((value) => (vector ? value + 0.1 * noise.normal() : value * 12)) },
      ];
    }),
  );
}

export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const jsonBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

export function tinyFolder(
  config: LlamaConfig = tinyConfig,
  weights: ReadonlyMap<string, Tensor> = tinyWeights(config),
  options: LlamaOnnxOptions = {},
): Files {
  const eos = { bos_token_id: 1, eos_token_id: [2], pad_token_id: 0 };
  return new Map([
    ['config.json', jsonBytes({ ...toHubConfig(config), 'transformers.js_config': { dtype: 'fp32' } })],
    ['generation_config.json', jsonBytes(eos)],
    ['tokenizer.json', jsonBytes(tinyTokenizer)],
    ['tokenizer_config.json', jsonBytes(tinyTokenizerConfig)],
    ['model.safetensors', writeSafetensors(weights)],
    ['onnx/model.onnx', writeLlamaOnnx(config, weights, options)],
  ]);
}

export const tinyGuardConfig = {
  ...tinyConfig,
  labels: ['safe', 'odd', 'unsafe'],
} satisfies LlamaConfig;

/** A classifier that reads each text as `<|bos|>`, the text, `<|end|>`. */
export function tinyGuardFolder(
  weights: ReadonlyMap<string, Tensor> = tinyWeights(tinyGuardConfig),
  options: LlamaOnnxOptions = {},
): Files {
  const { tokenizer, config } = textTokenizerFiles(
    { tokenizer: tinyTokenizer, config: tinyTokenizerConfig },
    { before: ['<|bos|>'], after: ['<|end|>'] },
  );
  const hub = { ...toHubConfig(tinyGuardConfig), 'transformers.js_config': { dtype: 'fp32' } };
  return new Map([
    ['config.json', jsonBytes(hub)],
    ['tokenizer.json', jsonBytes(tokenizer)],
    ['tokenizer_config.json', jsonBytes(config)],
    ['model.safetensors', writeSafetensors(weights)],
    ['onnx/model.onnx', writeLlamaClassifierOnnx(tinyGuardConfig, weights, options)],
  ]);
}

export const tinySite = 'http://lab.test/';
export const tinyEntry: ModelEntry = {
  id: 'tiny',
  title: 'Tiny',
  summary: 'Random weights.',
  source: { kind: 'bundled', base: 'models/tiny/' },
  task: 'text-generation',
  runtimes: ['transformers', 'whitebox'],
  access: 'white-box',
  bytes: null,
  license: 'MIT',
  needs: { webgpu: false, f16: false },
};

/** A `fetch` that serves `files` at `tinyEntry`'s address and answers 404 for all else. */
export const serve =
  (files: Files): typeof fetch =>
  async (input, init) => {
    init?.signal?.throwIfAborted();
    const url = String(input instanceof Request ? input.url : input);
    const bytes = files.get(url.replace(`${tinySite}models/tiny/`, ''));
    return bytes
      ? new Response(bytes, { headers: { 'content-length': String(bytes.byteLength) } })
      : new Response('Not found', { status: 404 });
  };
