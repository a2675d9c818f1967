/**
 * @file A low-rank adapter beside a linear layer: y += s · (x · Aᵀ) · Bᵀ, A [r, in], B [out, r], s [1]; and its
 * vector–Jacobian products. Shapes: N = positions, r = rank.
 * @see https://arxiv.org/abs/2106.09685 (LoRA)
 */
import type { GraphBuilder } from '../../onnx/graph.ts';
import { linear, linearInputVjp, linearWeightVjp } from './linear.ts';

/** Names of arrays. */
export interface Adapter {
  readonly a: string;
  readonly b: string;
  readonly scale: string;
}

const inner = (g: GraphBuilder, x: string, { a, scale }: Adapter): string =>
  g.op('Mul', [linear(g, x, a), scale]);

/** x: [N, in]. @returns what is added to y, [N, out] */
export const adapted = (g: GraphBuilder, x: string, adapter: Adapter): string =>
  linear(g, inner(g, x, adapter), adapter.b);

/** dy: [N, out]. @returns what is added to the gradient of x, and a function that adds nodes for those of A and B */
export function adaptedVjp(g: GraphBuilder, x: () => string, dy: string, adapter: Adapter) {
  const dInner = g.op('Mul', [linearInputVjp(g, dy, adapter.b), adapter.scale]);
  return {
    dx: linearInputVjp(g, dInner, adapter.a),
    gradients: () => ({
      da: linearWeightVjp(g, x(), dInner),
      db: linearWeightVjp(g, inner(g, x(), adapter), dy),
    }),
  };
}
