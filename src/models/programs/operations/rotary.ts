/**
 * @file Rotary position embedding in Hugging Face's rotate-half convention, and its vector–Jacobian product: the rotation
 * by the opposite angle.
 * @see https://arxiv.org/abs/2104.09864
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

/** Names of arrays: the row of the tables for each position, [B, S], and the tables, [·, D/2]. */
export interface Rotation {
  readonly rows: string;
  readonly cos: string;
  readonly sin: string;
}

/** x: [B, S, heads · D] */
export const rotate = (g: GraphBuilder, x: string, { rows, cos, sin }: Rotation): string =>
  g.op('RotaryEmbedding', [x, rows, cos, sin], { domain: 'com.microsoft' });

/** dy: [B, S, heads · D]. @returns the gradient of x */
export const rotateVjp = (g: GraphBuilder, dy: string, rotation: Rotation): string =>
  rotate(g, dy, { ...rotation, sin: g.op('Neg', [rotation.sin]) });
