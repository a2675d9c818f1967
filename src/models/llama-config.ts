/** @file The configuration of a Llama-family model: what distinguishes one checkpoint from another of its family. */
import type { Rope } from './rope.ts';

/** The `model_type` of each family, as in `config.json`. */
export const modelTypes = ['llama', 'qwen2', 'qwen3', 'gemma3_text'] as const;
export type ModelType = (typeof modelTypes)[number];

export interface LlamaConfig {
  /** Decides what `familyOf` says. */
  readonly modelType: ModelType;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads; `heads` is a multiple of it (grouped-query attention). */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Of layers that see all positions. */
  readonly rope: Rope;
  /** Layers that see the last positions only; `null` if every layer sees all. */
  readonly sliding: SlidingAttention | null;
  /** Attention scores are divided by its square root; `null`: by that of `headDim`. */
  readonly queryPreAttentionScalar: number | null;
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

export interface SlidingAttention {
  /** Positions that a query sees, its own included. */
  readonly window: number;
  readonly rope: Rope;
  /** Indices of the layers, ascending. */
  readonly layers: readonly number[];
}
