/**
 * @file y = x · Wᵀ + b, and what gradients of y say about x, W and b. W is [out, in], as checkpoints store it.
 * Shapes: N = positions of all rows. `Gemm` is used throughout, because every device has it.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

const transposing = (...sides: ('transA' | 'transB')[]) => ({
  attributes: Object.fromEntries(sides.map((side) => [side, { int: 1 }])),
});

/** x: [N, in]; b: [out], or `null`. @returns [N, out] */
export const linear = (g: GraphBuilder, x: string, weight: string, bias: string | null = null): string =>
  g.op('Gemm', bias === null ? [x, weight] : [x, weight, bias], transposing('transB'));

/** dy: [N, out]. @returns the gradient of x, [N, in] */
export const linearInputVjp = (g: GraphBuilder, dy: string, weight: string): string =>
  g.op('Gemm', [dy, weight]);

/** @returns the gradient of W, [out, in] */
export const linearWeightVjp = (g: GraphBuilder, x: string, dy: string): string =>
  g.op('Gemm', [dy, x], transposing('transA'));

/** @returns the gradient of b, [out] */
export const linearBiasVjp = (g: GraphBuilder, dy: string): string =>
  g.op('ReduceSum', [dy, g.ints([0])], { attributes: { keepdims: { int: 0 } } });
