/** @file The fields of a Hugging Face `config.json` that a model of the Llama family needs, checked but not interpreted. */
import { z } from 'zod';
import { LabError } from '../core/errors.ts';
import { issueTexts } from '../core/excerpt.ts';
import { ropeSchema } from './rope.ts';

/** Limits are several times those of the largest models there are, and small enough that lists of them do no harm. */
const count = (limit: number) => z.number().int().positive().max(limit);
const tokenId = z.number().int().nonnegative().max(10_000_000);

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
  rope_theta: z.number().positive().nullish(),
  rope_scaling: ropeSchema,
  rope_parameters: ropeSchema,
  rope_local_base_freq: z.number().positive().nullish(),
  rope_interleaved: z.boolean().nullish(),
  rms_norm_eps: z.number().positive().max(1).default(1e-6),
  tie_word_embeddings: z.boolean().nullish(),
  max_position_embeddings: count(100_000_000).nullish(),
  hidden_act: z.string().nullish(),
  hidden_activation: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  query_pre_attn_scalar: z.number().positive().nullish(),
  attn_logit_softcapping: z.number().nullish(),
  final_logit_softcapping: z.number().nullish(),
  use_bidirectional_attention: z.boolean().nullish(),
  use_sliding_window: z.boolean().nullish(),
  sliding_window: count(100_000_000).nullish(),
  sliding_window_pattern: count(1000).nullish(),
  _sliding_window_pattern: count(1000).nullish(),
  max_window_layers: z.number().int().nonnegative().nullish(),
  layer_types: z.array(z.string().max(100)).max(1000).nullish(),
  quantization_config: z.unknown().optional(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId).max(1000)]).nullish(),
  pad_token_id: z.number().int().max(10_000_000).nullish(),
  architectures: z.array(z.string()).max(100).nullish(),
  id2label: labelsSchema.nullish(),
});

export type HubConfig = z.infer<typeof hubConfig>;

const unusable = (error: z.ZodError) =>
  new LabError('bad-model', `config.json is not usable: ${issueTexts(error.issues, 'config').join('; ')}.`, {
    advice: 'Check that this is the config.json of a language model or a classifier.',
  });

/** @throws LabError 'bad-model' if a field is missing or malformed */
export function checkHubConfig(json: unknown): HubConfig {
  const parsed = hubConfig.safeParse(json);
  if (!parsed.success) throw unusable(parsed.error);
  return parsed.data;
}

/** Class names in a `config.json`, in order; LABEL_0 and LABEL_1 if it names none. @throws LabError 'bad-model' */
export function labelsOf({ id2label }: { readonly id2label?: unknown }): readonly string[] {
  const parsed = z.object({ id2label: labelsSchema.nullish() }).safeParse({ id2label });
  if (!parsed.success) throw unusable(parsed.error);
  const named = Object.entries(parsed.data.id2label ?? {});
  if (named.length === 0) return ['LABEL_0', 'LABEL_1'];
  return named.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, label]) => label);
}
