/**
 * @file The configuration of a Llama-family model, read from and written as a Hugging Face `config.json`.
 * Covers model types llama (Llama 2 and 3, SmolLM2, Tinytown), qwen2 (attention biases), qwen3 (query and key norms) and
 * gemma3_text (scaled embeddings, four norms per layer, sliding windows).
 */
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';
import { checkHubConfig, labelsOf, type HubConfig } from './hub-config.ts';
import { modelTypes, type LlamaConfig, type ModelType, type SlidingAttention } from './llama-config.ts';
import { families, familyOf } from './llama-family.ts';
import { readRopeScaling, writeRopeScaling, type HubRope, type Rope, type RopeFaults } from './rope.ts';

export { labelsOf } from './hub-config.ts';
export { modelTypes as supportedTypes } from './llama-config.ts';
export type { LlamaConfig, SlidingAttention } from './llama-config.ts';

const unsupported = (what: string): never => {
  throw new LabError('not-supported', `This model is not supported: ${what}.`, {
    advice:
      'Choose a Llama, SmolLM2, Qwen2.5, Qwen3 or Gemma 3 (text) checkpoint, or one that another runtime reads in its own format.',
  });
};

const contradictory = (reason: string): never => {
  throw new LabError('bad-model', `config.json contradicts itself: ${reason}.`, {
    advice: 'Check that config.json belongs to this checkpoint.',
  });
};

const faults: RopeFaults = { unsupported, contradictory };

/** What transformers takes where `config.json` is silent, as far as it differs between model types. */
const defaults = {
  llama: { theta: 10_000, headDim: null, positions: 2048, tied: false },
  qwen2: { theta: 10_000, headDim: null, positions: 32_768, tied: false },
  qwen3: { theta: 1_000_000, headDim: null, positions: 32_768, tied: false },
  gemma3_text: { theta: 1_000_000, headDim: 256, positions: 131_072, tied: true },
} satisfies Record<ModelType, unknown>;

const activations = { silu: ['silu'], 'gelu-tanh': ['gelu_pytorch_tanh', 'gelu_new'] } as const;

/** @throws LabError 'bad-model' or 'not-supported' */
function modelTypeOf(json: unknown): ModelType {
  const name = (json as { readonly model_type?: unknown } | null)?.model_type;
  if (typeof name !== 'string') return checkHubConfig(json).model_type as never; // fails, and says where
  const found = modelTypes.find((type) => type === name);
  return found ?? unsupported(`its model_type is "${excerpt(name)}", not one of ${modelTypes.join(', ')}`);
}

/**
 * Read a Hugging Face `config.json` (already parsed).
 * @throws LabError 'bad-model' if a field is missing or malformed, 'not-supported' if the model is of another
 *   architecture, or needs something that no runtime of ours computes (quantized weights, other kinds of scaled RoPE)
 */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  const modelType = modelTypeOf(json);
  const hub = checkHubConfig(json);
  refuseVariants(hub, modelType);
  const heads = hub.num_attention_heads;
  const kvHeads = hub.num_key_value_heads ?? heads;
  const headDim = hub.head_dim ?? defaults[modelType].headDim ?? hub.hidden_size / heads;
  if (heads % kvHeads !== 0) contradictory(`${heads} heads cannot share ${kvHeads} key/value heads`);
  if (!Number.isInteger(headDim) || headDim % 2 !== 0)
    contradictory(`a head of ${headDim} dimensions cannot be rotated`);
  const eos = hub.eos_token_id ?? [];
  const pad = hub.pad_token_id ?? -1; // some checkpoints write -1 for "none"
  const classifies = hub.architectures?.some((name) => name.endsWith('ForSequenceClassification'));
  const rope = fullRope(hub, modelType, headDim);
  return {
    modelType,
    vocabSize: hub.vocab_size,
    hiddenSize: hub.hidden_size,
    intermediateSize: hub.intermediate_size,
    layers: hub.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    rope,
    sliding: slidingAttention(hub, modelType, rope, headDim),
    queryPreAttentionScalar: modelType === 'gemma3_text' ? (hub.query_pre_attn_scalar ?? 256) : null,
    rmsNormEps: hub.rms_norm_eps,
    tieWordEmbeddings: hub.tie_word_embeddings ?? defaults[modelType].tied,
    maxPositions: hub.max_position_embeddings ?? defaults[modelType].positions,
    attentionBias: modelType === 'qwen2' ? 'qkv' : hub.attention_bias ? 'qkvo' : 'none',
    queryKeyNorm: modelType === 'qwen3' || modelType === 'gemma3_text',
    bosTokenId: hub.bos_token_id ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: pad >= 0 ? pad : null,
    ...(classifies && { labels: labelsOf(hub) }),
  };
}

/** @throws LabError 'not-supported' */
function refuseVariants(hub: HubConfig, modelType: ModelType): void {
  const wanted: readonly string[] = activations[families[modelType].activation];
  const activation = hub.hidden_activation ?? hub.hidden_act ?? wanted[0]!;
  if (!wanted.includes(activation))
    unsupported(`its activation is "${excerpt(activation)}", not "${wanted[0]}"`);
  if (modelType === 'llama' && hub.use_sliding_window) unsupported('it uses sliding-window attention');
  if (hub.mlp_bias) unsupported('its feed-forward layers have biases');
  if (hub.rope_interleaved) unsupported('its rotary embedding is interleaved');
  if (hub.attn_logit_softcapping != null || hub.final_logit_softcapping != null)
    unsupported('it caps its logits (softcapping)');
  if (hub.use_bidirectional_attention) unsupported('its attention looks ahead');
  if (hub.quantization_config) unsupported('its weights are quantized');
}

function fullRope(hub: HubConfig, modelType: ModelType, headDim: number): Rope {
  const { rope_parameters: newer, rope_scaling: older } = hub;
  const stated: HubRope | null | undefined = older ?? newer?.full_attention ?? newer;
  const theta =
    stated?.rope_theta ?? newer?.full_attention?.rope_theta ?? newer?.rope_theta ?? hub.rope_theta;
  return { theta: theta ?? defaults[modelType].theta, scaling: readRopeScaling(stated, headDim, faults) };
}

function slidingAttention(
  hub: HubConfig,
  modelType: ModelType,
  rope: Rope,
  headDim: number,
): SlidingAttention | null {
  const gemma = modelType === 'gemma3_text';
  if (modelType === 'llama' || (!gemma && !hub.use_sliding_window)) return null;
  const pattern = hub.sliding_window_pattern ?? hub._sliding_window_pattern ?? 6;
  const slides = (layer: number) =>
    gemma ? (layer + 1) % pattern !== 0 : layer >= (hub.max_window_layers ?? 28);
  const all = Array.from({ length: hub.num_hidden_layers }, (_, layer) => layer);
  const types = hub.layer_types;
  const strange = types?.find((type) => type !== 'full_attention' && type !== 'sliding_attention');
  if (strange !== undefined) unsupported(`it has layers of type "${excerpt(strange)}"`);
  if (types && types.length !== all.length)
    contradictory(`layer_types names ${types.length} layers of ${all.length}`);
  const layers = all.filter((layer) => (types ? types[layer] === 'sliding_attention' : slides(layer)));
  if (layers.length === 0) return null;
  const window = hub.sliding_window ?? 4096;
  if (!gemma) return { window, rope, layers };
  const own = hub.rope_parameters?.sliding_attention;
  if (readRopeScaling(own, headDim, faults))
    unsupported('it scales the rotary embedding of its sliding windows');
  return {
    window,
    rope: { theta: own?.rope_theta ?? hub.rope_local_base_freq ?? 10_000, scaling: null },
    layers,
  };
}

/** The `config.json` that Hugging Face libraries expect; `parseLlamaConfig` reads it back unchanged. */
export function toHubConfig(config: LlamaConfig): Record<string, unknown> {
  const { eosTokenIds, labels, modelType, rope } = config;
  const { classNames, activation } = familyOf(config);
  return {
    architectures: [labels ? `${classNames[1]}ForSequenceClassification` : `${classNames[0]}ForCausalLM`],
    model_type: modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    rope_theta: rope.theta,
    rope_scaling: writeRopeScaling(rope.scaling, config.maxPositions),
    rms_norm_eps: config.rmsNormEps,
    tie_word_embeddings: config.tieWordEmbeddings,
    max_position_embeddings: config.maxPositions,
    [modelType === 'gemma3_text' ? 'hidden_activation' : 'hidden_act']: activations[activation][0],
    attention_bias: config.attentionBias === 'qkvo',
    attention_dropout: 0,
    mlp_bias: false,
    ...slidingFields(config),
    bos_token_id: config.bosTokenId,
    eos_token_id: eosTokenIds.length === 1 ? eosTokenIds[0] : eosTokenIds.length === 0 ? null : eosTokenIds,
    pad_token_id: config.padTokenId,
    torch_dtype: 'float32',
    use_cache: labels === undefined,
    ...(labels && {
      id2label: Object.fromEntries(labels.entries()),
      label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    }),
  };
}

function slidingFields({ sliding, modelType, layers, queryPreAttentionScalar }: LlamaConfig) {
  const gemma = modelType === 'gemma3_text';
  if (!sliding && !gemma) return {};
  const types = Array.from({ length: layers }, (_, layer) =>
    sliding?.layers.includes(layer) ? 'sliding_attention' : 'full_attention',
  );
  return {
    ...(gemma && { query_pre_attn_scalar: queryPreAttentionScalar }),
    ...(gemma && sliding && { rope_local_base_freq: sliding.rope.theta }),
    ...(!gemma && { use_sliding_window: true }),
    sliding_window: sliding?.window ?? null,
    layer_types: types,
  };
}
