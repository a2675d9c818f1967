/** @file Metadata of a GGUF file as the `config.json` of a Hugging Face folder. */
import type { Architecture } from './architectures.ts';
import type { Metadata, Range } from './metadata.ts';
import type { Reject } from './reject.ts';
import { ropeScalingOf } from './rope-scaling.ts';

/** What the tensors say about the model, and the metadata do not. */
export interface TensorFacts {
  /** Rows of the embedding. */
  readonly vocabularySize: number;
  /** False if the file has no head of its own: then the embedding serves as head too. */
  readonly hasHead: boolean;
  readonly hasAttentionBias: boolean;
  /** Of `rope_freqs.weight`: by how much each RoPE frequency is divided. `null` if there is none. */
  readonly ropeFactors: Float32Array | null;
}

export type Config = Readonly<Record<string, unknown>> & {
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
};

/** Far above those of models in use. */
const count: Range = { min: 1, max: 1_000_000 };
const layers: Range = { min: 1, max: 1000 };

/** @throws LabError 'bad-model' if a size is missing, absurd or does not fit another one */
export function configOf(
  metadata: Metadata,
  architecture: Architecture,
  facts: TensorFacts,
  reject: Reject,
): Config {
  const { prefix, modelType, className } = architecture;
  const integer = (key: string, range = count) => metadata.integer(`${prefix}.${key}`, range);
  const needed = <T>(key: string, value: T | null): T =>
    value ?? reject(`it does not say "${prefix}.${key}"`);
  const size = (key: string, range = count) => needed(key, integer(key, range));
  const positive = (key: string, fallback: number | null): number => {
    const value = metadata.number(`${prefix}.${key}`) ?? needed(key, fallback);
    return value > 0 ? shortest(value) : reject(`"${prefix}.${key}" is ${value}, which is not above 0`);
  };
  const hidden = size('embedding_length');
  const heads = size('attention.head_count');
  const keyValueHeads = integer('attention.head_count_kv') ?? heads;
  if (heads % keyValueHeads !== 0)
    return reject(`its ${heads} heads cannot share ${keyValueHeads} heads for keys and values`);
  const headDim = integer('attention.key_length') ?? hidden / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0)
    return reject(`its heads have ${headDim} values, which is not an even number`);
  for (const key of ['attention.value_length', 'rope.dimension_count']) {
    const other = integer(key);
    if (other !== null && other !== headDim)
      return reject(
        `"${prefix}.${key}" is ${other}, but only heads of ${headDim} values throughout can be computed here`,
      );
  }
  const ropeTheta = positive('rope.freq_base', 10_000);
  const contextLength = size('context_length', { min: 1, max: 2 ** 31 });
  const id = (name: string) =>
    metadata.integer(`tokenizer.ggml.${name}_token_id`, { min: 0, max: facts.vocabularySize - 1 });
  const numberOfLayers = size('block_count', layers);
  return {
    model_type: modelType,
    architectures: [className],
    vocab_size: facts.vocabularySize,
    hidden_size: hidden,
    intermediate_size: size('feed_forward_length'),
    num_hidden_layers: numberOfLayers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    head_dim: headDim,
    max_position_embeddings: contextLength,
    rms_norm_eps: positive('attention.layer_norm_rms_epsilon', null),
    rope_theta: ropeTheta,
    rope_scaling: ropeScalingOf(
      metadata,
      prefix,
      { headDim, ropeTheta, contextLength, factors: facts.ropeFactors },
      reject,
    ),
    tie_word_embeddings: !facts.hasHead,
    bos_token_id: id('bos'),
    eos_token_id: id('eos'),
    pad_token_id: id('padding'),
    ...(modelType === 'gemma3_text'
      ? gemmaConfig({ numberOfLayers, hidden, heads, headDim }, metadata, integer)
      : { hidden_act: 'silu', attention_bias: facts.hasAttentionBias }),
  };
}

interface Sizes {
  readonly numberOfLayers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly headDim: number;
}

/** What only Gemma 3 has. The file leaves out what is the same in all its sizes. */
function gemmaConfig(
  { numberOfLayers, hidden, heads, headDim }: Sizes,
  metadata: Metadata,
  integer: (key: string) => number | null,
): Readonly<Record<string, unknown>> {
  const pattern = integer('attention.sliding_window_pattern') ?? 6;
  return {
    hidden_activation: 'gelu_pytorch_tanh',
    attention_bias: false,
    // The largest, of 27B parameters and 62 layers, is the only one that scales by the width per head.
    query_pre_attn_scalar: numberOfLayers === 62 ? hidden / heads : headDim,
    sliding_window: integer('attention.sliding_window'),
    sliding_window_pattern: pattern,
    layer_types: Array.from({ length: numberOfLayers }, (_, layer) =>
      (layer + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention',
    ),
    rope_local_base_freq: shortest(metadata.number('gemma3.rope.freq_base_swa') ?? 10_000),
    attn_logit_softcapping: null,
    final_logit_softcapping: metadata.number('gemma3.final_logit_softcapping'),
  };
}

/** The shortest decimal number with the same float32 value: files store 1e-5 as 0.000009999999747378752. */
export function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === Math.fround(value)) return shorter;
  }
  return value;
}
