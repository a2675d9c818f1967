/** @file How large a model is on disk, in memory and as work, from its parameters and the precision of its weights. Pure. */
import type { ModelShape, Precision } from '../catalogue/known-model.ts';

export interface ModelSize {
  readonly parameters: number;
  /** `null` where it is not known. */
  readonly shape: ModelShape | null;
}

/**
 * Bits per weight of matrices, scales included, and of embeddings, which block formats of ONNX and MLC leave in their
 * compute type. ONNX: blocks of 32 with a scale of the compute type (4.5 to 5 bits); GGUF: by its block layouts, where
 * `Q4_K_M` mixes 4.5 and 6.6 bits.
 */
const bits: Readonly<Record<Precision, { readonly matrices: number; readonly embeddings: number }>> = {
  f32: { matrices: 32, embeddings: 32 },
  f16: { matrices: 16, embeddings: 16 },
  bf16: { matrices: 16, embeddings: 16 },
  q8: { matrices: 8, embeddings: 8 },
  q4: { matrices: 5, embeddings: 32 },
  q4f16: { matrices: 4.5, embeddings: 16 },
  q4f32: { matrices: 5, embeddings: 5 },
  Q8_0: { matrices: 8.5, embeddings: 8.5 },
  Q4_0: { matrices: 4.5, embeddings: 8.5 },
  Q4_1: { matrices: 5, embeddings: 8.5 },
  Q4_K_M: { matrices: 4.9, embeddings: 6.6 },
};

const embeddingWeights = ({ shape }: ModelSize): number => (shape ? shape.vocabulary * shape.width : 0);

/** Bytes of the weights in `precision`. Without a shape, all of them count as matrices. */
export function weightBytes(size: ModelSize, precision: Precision): number {
  const { matrices, embeddings } = bits[precision];
  const inEmbeddings = embeddingWeights(size);
  return ((size.parameters - inEmbeddings) * matrices + inEmbeddings * embeddings) / 8;
}

/** Bytes of the largest tensor, which is the embedding; `null` without a shape. */
export const largestTensorBytes = (size: ModelSize, precision: Precision): number | null =>
  size.shape ? (embeddingWeights(size) * bits[precision].embeddings) / 8 : null;

/** Bytes of the embedding, if it is the output head too; 0 for a head of its own, and without a shape. */
export const headBytes = (size: ModelSize, precision: Precision): number =>
  size.shape?.tiedHead ? largestTensorBytes(size, precision)! : 0;

/**
 * Bytes of keys and values for `tokens`: 2 × layers × key/value heads × head width × bytes per number × tokens.
 * 0 without a shape: encoders keep none.
 */
export function cacheBytes({ shape }: ModelSize, tokens: number, bytesPerNumber: number): number {
  if (!shape) return 0;
  return 2 * shape.layers * shape.kvHeads * shape.headWidth * bytesPerNumber * tokens;
}
