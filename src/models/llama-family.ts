/**
 * @file What the members of the Llama family have in common and where they differ: one description of a layer, which
 * the ONNX writer and the white-box runtime both follow.
 */
import type { LlamaConfig, ModelType } from './llama-config.ts';
import type { Rope } from './rope.ts';

/** Names of a layer's norms, as in its weights; `null` where it has none. */
export interface LayerNorms {
  readonly beforeAttention: string;
  /** Of what attention adds to the residual stream. */
  readonly afterAttention: string | null;
  readonly beforeFeedForward: string;
  readonly afterFeedForward: string | null;
}

/** What a model type says about the layers, whatever their sizes. */
export interface Family {
  /** In the names of Hugging Face classes for language models and for sequence classifiers. */
  readonly classNames: readonly [causal: string, classifier: string];
  /** Of the gate of the feed-forward layers; `gelu-tanh` is GELU by its tanh approximation. */
  readonly activation: 'silu' | 'gelu-tanh';
  /** True if token embeddings are multiplied by √d where they enter the first layer. */
  readonly scaledEmbedding: boolean;
  /** Added to the stored weight of every norm. */
  readonly normOffset: 0 | 1;
  readonly norms: LayerNorms;
  /** True if its activations exceed the range of half precision, so that it needs float32. */
  readonly exceedsHalf: boolean;
}

const llamaNorms: LayerNorms = {
  beforeAttention: 'input_layernorm',
  afterAttention: null,
  beforeFeedForward: 'post_attention_layernorm',
  afterFeedForward: null,
};

const llamaLike = (className: string): Family => ({
  classNames: [className, className],
  activation: 'silu',
  scaledEmbedding: false,
  normOffset: 0,
  norms: llamaNorms,
  exceedsHalf: false,
});

/** By `model_type`. */
export const families: Readonly<Record<ModelType, Family>> = {
  llama: llamaLike('Llama'),
  qwen2: llamaLike('Qwen2'),
  qwen3: llamaLike('Qwen3'),
  gemma3_text: {
    classNames: ['Gemma3', 'Gemma3Text'],
    activation: 'gelu-tanh',
    scaledEmbedding: true,
    normOffset: 1,
    norms: {
      beforeAttention: 'input_layernorm',
      afterAttention: 'post_attention_layernorm',
      beforeFeedForward: 'pre_feedforward_layernorm',
      afterFeedForward: 'post_feedforward_layernorm',
    },
    exceedsHalf: true,
  },
};

export const familyOf = ({ modelType }: Pick<LlamaConfig, 'modelType'>): Family => families[modelType];

/** Factor of the embeddings where they enter the first layer, in the float32 of the reference. */
export const embeddingScale = (config: LlamaConfig): number =>
  familyOf(config).scaledEmbedding ? Math.fround(Math.sqrt(config.hiddenSize)) : 1;

/** Factor of the attention scores q·k. */
export const queryScale = ({ headDim, queryPreAttentionScalar }: LlamaConfig): number =>
  1 / Math.sqrt(queryPreAttentionScalar ?? headDim);

/** How the layers of one kind attend. */
export interface AttentionKind {
  readonly rope: Rope;
  /** A position sees itself and the `window − 1` before it; `null`: all before it. */
  readonly window: number | null;
}

/** The kinds of attention in a model: over all positions, and with a sliding window if it has that. */
export function attentionKinds({ rope, sliding }: LlamaConfig): readonly AttentionKind[] {
  const full: AttentionKind = { rope, window: null };
  return sliding ? [full, { rope: sliding.rope, window: sliding.window }] : [full];
}

/** Index into `attentionKinds` of a layer. */
export const attentionKindOf = ({ sliding }: LlamaConfig, layer: number): number =>
  sliding?.layers.includes(layer) ? 1 : 0;
