/**
 * @file y = x · W + b, and what gradients of y say about x, W and b. W is [in, out], so that the product of a single
 * position reads W row by row. Shapes: N = positions of all rows.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

const transposing = (side: 'transA' | 'transB') => ({ attributes: { [side]: { int: 1 } } });

/** x: [N, in]; b: [out], or `null`. @returns [N, out] */
export const projection = (g: GraphBuilder, x: string, weight: string, bias: string | null): string =>
  g.op('Gemm', bias === null ? [x, weight] : [x, weight, bias]);

/** dy: [N, out]. @returns the gradient of x, [N, in] */
export const projectionInputVjp = (g: GraphBuilder, dy: string, weight: string): string =>
  g.op('Gemm', [dy, weight], transposing('transB'));

/** @returns the gradient of W, [in, out] */
export const projectionWeightVjp = (g: GraphBuilder, x: string, dy: string): string =>
  g.op('Gemm', [x, dy], transposing('transA'));

/** @returns the gradient of b, [out] */
export const projectionBiasVjp = (g: GraphBuilder, dy: string): string =>
  g.op('ReduceSum', [dy, g.ints([0])], { attributes: { keepdims: { int: 0 } } });
