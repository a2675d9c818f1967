/**
 * @file The configuration of a Llama-family model, read from and written as a Hugging Face `config.json`.
 * Covers model types llama (SmolLM2, Tinytown), qwen2 (attention biases) and qwen3 (query and key norms).
 */
import { z } from 'zod';
import { LabError } from '../core/errors.ts';
import { excerpt, issueTexts } from '../core/excerpt.ts';

export interface LlamaConfig {
  readonly modelType: 'llama' | 'qwen2' | 'qwen3';
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads; `heads` is a multiple of it (grouped-query attention). */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
  /** True if the output head is the token embedding. */
  readonly tieWordEmbeddings: boolean;
  readonly maxPositions: number;
  /** Which attention projections add a bias. */
  readonly attentionBias: 'none' | 'qkv' | 'qkvo';
  /** True if queries and keys are RMS-normalized per head before rotation. */
  readonly queryKeyNorm: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number | null;
  /**
   * Class names of a sequence classifier, which has a score head in place of the output head and reads it after the last
   * token that is not padding. Absent for a language model.
   */
  readonly labels?: readonly string[];
}

/** Limits are several times those of the largest models there are, and small enough that lists of them do no harm. */
const count = (limit: number) => z.number().int().positive().max(limit);
const tokenId = z.number().int().nonnegative().max(10_000_000);

const ropeSchema = z
  .looseObject({
    type: z.string().optional(),
    rope_type: z.string().optional(),
    rope_theta: z.number().positive().optional(),
  })
  .nullish();

const labelsSchema = z
  .record(z.string(), z.string().max(300))
  .refine((labels) => Object.keys(labels).length <= 10_000, 'there are more than 10000 labels');

const hubConfig = z.looseObject({
  model_type: z.string(),
  vocab_size: count(10_000_000),
  hidden_size: count(100_000),
  intermediate_size: count(1_000_000),
  num_hidden_layers: count(1000),
  num_attention_heads: count(1000),
  num_key_value_heads: count(1000).nullish(),
  head_dim: count(10_000).nullish(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema,
  rope_parameters: ropeSchema,
  rope_interleaved: z.boolean().nullish(),
  rms_norm_eps: z.number().positive().max(1).default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  max_position_embeddings: count(100_000_000).default(2048),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  use_sliding_window: z.boolean().nullish(),
  quantization_config: z.unknown().optional(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId).max(1000)]).nullish(),
  pad_token_id: z.number().int().max(10_000_000).nullish(),
  architectures: z.array(z.string()).max(100).nullish(),
  id2label: labelsSchema.nullish(),
});

const unusable = (reasons: string) =>
  new LabError('bad-model', `config.json is not usable: ${reasons}.`, {
    advice: 'Check that this is the config.json of a language model or a classifier.',
  });

const unsupported = (what: string): never => {
  throw new LabError('not-supported', `The white-box runtime cannot run this model: ${what}.`, {
    advice: 'Load it in another runtime, or choose a Llama, SmolLM2, Qwen2.5 or Qwen3 checkpoint.',
  });
};

/** `model_type` of the checkpoints that the white-box runtime and the ONNX writer take. */
export const supportedTypes = ['llama', 'qwen2', 'qwen3'] as const;

/**
 * Read a Hugging Face `config.json` (already parsed).
 * @throws LabError 'bad-model' if a field is missing or malformed, 'not-supported' if the model needs something
 *   this runtime lacks (another architecture, scaled RoPE, sliding windows, quantized weights).
 */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  const parsed = hubConfig.safeParse(json);
  if (!parsed.success) throw unusable(issueTexts(parsed.error.issues, 'config').join('; '));
  const hub = parsed.data;
  const modelType =
    supportedTypes.find((type) => type === hub.model_type) ??
    unsupported(`its model_type is "${excerpt(hub.model_type)}", not one of ${supportedTypes.join(', ')}`);
  if (hub.hidden_act !== 'silu') unsupported(`its activation is "${excerpt(hub.hidden_act)}", not "silu"`);
  if (hub.mlp_bias) unsupported('its feed-forward layers have biases');
  if (hub.use_sliding_window) unsupported('it uses sliding-window attention');
  if (hub.rope_interleaved) unsupported('its rotary embedding is interleaved');
  if (hub.quantization_config) unsupported('its weights are quantized');
  for (const rope of [hub.rope_scaling, hub.rope_parameters]) {
    const kind = rope?.rope_type ?? rope?.type ?? 'default';
    if (kind !== 'default') unsupported(`it scales its rotary embedding ("${excerpt(kind)}")`);
  }
  const heads = hub.num_attention_heads;
  const kvHeads = hub.num_key_value_heads ?? heads;
  const headDim = hub.head_dim ?? hub.hidden_size / heads;
  const reject = (reason: string): never => {
    throw new LabError('bad-model', `config.json contradicts itself: ${reason}.`, {
      advice: 'Check that config.json belongs to this checkpoint.',
    });
  };
  if (heads % kvHeads !== 0) reject(`${heads} heads cannot share ${kvHeads} key/value heads`);
  if (!Number.isInteger(headDim) || headDim % 2 !== 0)
    reject(`a head of ${headDim} dimensions cannot be rotated`);
  const defaultTheta = modelType === 'qwen3' ? 1_000_000 : 10_000;
  const eos = hub.eos_token_id ?? [];
  const pad = hub.pad_token_id ?? -1; // some checkpoints write -1 for "none"
  const classifies = hub.architectures?.some((name) => name.endsWith('ForSequenceClassification'));
  return {
    modelType,
    vocabSize: hub.vocab_size,
    hiddenSize: hub.hidden_size,
    intermediateSize: hub.intermediate_size,
    layers: hub.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    ropeTheta: hub.rope_parameters?.rope_theta ?? hub.rope_theta ?? defaultTheta,
    rmsNormEps: hub.rms_norm_eps,
    tieWordEmbeddings: hub.tie_word_embeddings,
    maxPositions: hub.max_position_embeddings,
    attentionBias: modelType === 'qwen2' ? 'qkv' : hub.attention_bias ? 'qkvo' : 'none',
    queryKeyNorm: modelType === 'qwen3',
    bosTokenId: hub.bos_token_id ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: pad >= 0 ? pad : null,
    ...(classifies && { labels: labelsOf(hub) }),
  };
}

/** Class names in a `config.json`, in order; LABEL_0 and LABEL_1 if it names none. @throws LabError 'bad-model' */
export function labelsOf({ id2label }: { readonly id2label?: unknown }): readonly string[] {
  const parsed = z.object({ id2label: labelsSchema.nullish() }).safeParse({ id2label });
  if (!parsed.success) throw unusable(issueTexts(parsed.error.issues, 'config').join('; '));
  const named = Object.entries(parsed.data.id2label ?? {});
  if (named.length === 0) return ['LABEL_0', 'LABEL_1'];
  return named.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, label]) => label);
}

const architectures = { llama: 'Llama', qwen2: 'Qwen2', qwen3: 'Qwen3' } as const;

/** The `config.json` that Hugging Face libraries expect; `parseLlamaConfig` reads it back unchanged. */
export function toHubConfig(config: LlamaConfig): Record<string, unknown> {
  const { eosTokenIds, labels } = config;
  const task = labels ? 'ForSequenceClassification' : 'ForCausalLM';
  return {
    architectures: [`${architectures[config.modelType]}${task}`],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    rope_theta: config.ropeTheta,
    rope_scaling: null,
    rms_norm_eps: config.rmsNormEps,
    tie_word_embeddings: config.tieWordEmbeddings,
    max_position_embeddings: config.maxPositions,
    hidden_act: 'silu',
    attention_bias: config.attentionBias === 'qkvo',
    attention_dropout: 0,
    mlp_bias: false,
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
