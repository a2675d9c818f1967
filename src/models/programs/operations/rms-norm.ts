/**
 * @file y = x / √(mean x² + ε) · (w + offset) over the last axis, and its vector–Jacobian products.
 * @see https://arxiv.org/abs/1910.07467
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

export interface RmsNorm {
  readonly epsilon: number;
  /** Added to the stored weight. */
  readonly offset: number;
}

const gainOf = (g: GraphBuilder, weight: string, offset: number): string =>
  offset === 0 ? weight : g.op('Add', [weight, g.scalar(offset)]);

/** x: [.., n]; weight: [n]. */
export const rmsNorm = (g: GraphBuilder, x: string, weight: string, { epsilon, offset }: RmsNorm): string =>
  g.op('SimplifiedLayerNormalization', [x, gainOf(g, weight, offset)], {
    attributes: { axis: { int: -1 }, epsilon: { float: epsilon } },
  });

const mean = (g: GraphBuilder, x: string): string => g.op('ReduceMean', [x, g.ints([-1])]);

/**
 * With r = 1 / √(mean x² + ε) and u = dy · (w + offset): dx = r · (u − x · r² · mean(u · x)), dw = Σ dy · x · r.
 * @returns the gradient of x, and a function that adds nodes for that of the weight, [n]
 */
export function rmsNormVjp(
  g: GraphBuilder,
  x: string,
  weight: string,
  dy: string,
  { epsilon, offset }: RmsNorm,
): { readonly dx: string; readonly weightGradient: () => string } {
  const meanSquare = g.op('Add', [mean(g, g.op('Mul', [x, x])), g.scalar(epsilon)]);
  const reciprocal = g.op('Reciprocal', [g.op('Sqrt', [meanSquare])]);
  const scaled = g.op('Mul', [x, reciprocal]);
  const u = g.op('Mul', [dy, gainOf(g, weight, offset)]);
  const along = mean(g, g.op('Mul', [u, scaled]));
  const dx = g.op('Mul', [reciprocal, g.op('Sub', [u, g.op('Mul', [scaled, along])])]);
  const weightGradient = () => {
    const products = g.op('Mul', [dy, scaled]);
    const rows = g.op('Reshape', [
      products,
      g.op('Concat', [g.ints([-1]), g.op('Shape', [weight])], { attributes: { axis: { int: 0 } } }),
    ]);
    return g.op('ReduceSum', [rows, g.ints([0])], { attributes: { keepdims: { int: 0 } } });
  };
  return { dx, weightGradient };
}
