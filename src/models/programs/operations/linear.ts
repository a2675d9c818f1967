/**
 * @file y = x · Wᵀ for a table W whose rows are read on their own too, as those of an embedding: W is [out, in]; and its
 * vector–Jacobian products. Shapes: N = positions of all rows.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

const transposing = (side: 'transA' | 'transB') => ({ attributes: { [side]: { int: 1 } } });

/** x: [N, in]. @returns [N, out] */
export const linear = (g: GraphBuilder, x: string, weight: string): string =>
  g.op('Gemm', [x, weight], transposing('transB'));

/** dy: [N, out]. @returns the gradient of x, [N, in] */
export const linearInputVjp = (g: GraphBuilder, dy: string, weight: string): string =>
  g.op('Gemm', [dy, weight]);

/** @returns the gradient of W, [out, in] */
export const linearWeightVjp = (g: GraphBuilder, x: string, dy: string): string =>
  g.op('Gemm', [dy, x], transposing('transA'));
