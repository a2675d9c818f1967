/**
 * @file y = x · W + b, and what gradients of y say about x, W and b. W is [in, out], so that the product of a single
 * position reads W row by row. Shapes: N = positions of all rows.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';
import { inBlocks } from './blocks.ts';

/** Of W. */
export interface ProjectionSize {
  readonly in: number;
  readonly out: number;
}

const transposing = (side: 'transA' | 'transB') => ({ attributes: { [side]: { int: 1 } } });

/** x: [N, in]; b: [out], or `null`. @returns [N, out] */
export const projection = (
  g: GraphBuilder,
  x: string,
  weight: string,
  bias: string | null,
  size: ProjectionSize,
): string =>
  inBlocks(
    g,
    size.in,
    size.out,
    (part, sum) => g.op('Gemm', [part(x, 1), part(weight, 0), ...(sum === null ? [] : [sum])]),
    bias,
  );

/** dy: [N, out]. @returns the gradient of x, [N, in] */
export const projectionInputVjp = (
  g: GraphBuilder,
  dy: string,
  weight: string,
  size: ProjectionSize,
): string =>
  inBlocks(
    g,
    size.out,
    size.in,
    (part, sum) =>
      g.op('Gemm', [part(dy, 1), part(weight, 1), ...(sum === null ? [] : [sum])], transposing('transB')),
    null,
  );

/** @returns the gradient of W, [in, out] */
export const projectionWeightVjp = (g: GraphBuilder, x: string, dy: string): string =>
  g.op('Gemm', [x, dy], transposing('transA'));

/** @returns the gradient of b, [out] */
export const projectionBiasVjp = (g: GraphBuilder, dy: string): string =>
  g.op('ReduceSum', [dy, g.ints([0])], { attributes: { keepdims: { int: 0 } } });
