/**
 * @file The residual stream with a direction projected out and a vector added: x − (x·a)a + b, a of length 1 or 0.
 * Shapes: N = positions, d = hidden size.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

/** x: [N, d]; axis: [d]. Its own vector–Jacobian product. */
export function project(g: GraphBuilder, x: string, axis: string): string {
  const along = g.op('ReduceSum', [g.op('Mul', [x, axis]), g.ints([-1])]);
  return g.op('Sub', [x, g.op('Mul', [along, axis])]);
}

export const editStream = (g: GraphBuilder, x: string, axis: string, offset: string): string =>
  g.op('Add', [project(g, x, axis), offset]);
