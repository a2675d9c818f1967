/**
 * @file softmax(q · kᵀ + bias) · v, and its vector–Jacobian products.
 * Shapes: B = rows, K = key/value heads, M = queries of all heads that share keys, S = new positions, T = S and the
 * cached ones before them, D = head size.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';

/** Names of arrays. */
interface Inputs {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly bias: string;
}

const swapLast = (g: GraphBuilder, x: string): string =>
  g.op('Transpose', [x], { attributes: { perm: { ints: [0, 1, 3, 2] } } });

/** q: [B, K, M, D]; k: [B, K, T, D]; bias broadcasts to the scores. @returns the scores, [B, K, M, T] */
const attentionScores = (g: GraphBuilder, q: string, k: string, bias: string): string =>
  g.op('Add', [g.op('MatMul', [q, swapLast(g, k)]), bias]);

/** ONNX Runtime adds up longer products in blocks whose size depends on the shapes. */
const longestSum = 128;

/** As `attentionScores`, whose bits do not depend on T. */
function batchInvariantScores(g: GraphBuilder, { q, k, bias }: Inputs, headDim: number): string {
  if (headDim <= longestSum) return attentionScores(g, q, k, bias);
  let sum: string | null = null;
  for (let start = 0; start < headDim; start += longestSum) {
    const part = (x: string) =>
      g.op('Slice', [x, g.ints([start]), g.ints([start + longestSum]), g.ints([-1])]);
    const product = g.op('MatMul', [part(q), swapLast(g, part(k))]);
    sum = sum === null ? product : g.op('Add', [sum, product]);
  }
  return g.op('Add', [sum!, bias]);
}

/** @returns what each query takes from each key, [B, K, M, T], and the mixed values, [B, K, M, D] */
export function attention(
  g: GraphBuilder,
  { q, k, v, bias }: Inputs,
): { readonly shares: string; readonly mixed: string } {
  const scores = attentionScores(g, q, k, bias);
  const shares = g.op('Softmax', [scores], { attributes: { axis: { int: -1 } } });
  return { shares, mixed: g.op('MatMul', [shares, v]) };
}

/**
 * The mixed values as sums whose terms are added one by one, so that a row does not depend on its padding; see
 * docs/decisions/0001.
 * @param headDim D
 * @param ones [T, D]
 */
export function batchInvariantAttention(
  g: GraphBuilder,
  inputs: Inputs,
  headDim: number,
  ones: string,
): string {
  const scores = batchInvariantScores(g, inputs, headDim);
  const maximum = g.op('ReduceMax', [scores, g.ints([-1])]);
  const weights = g.op('Exp', [g.op('Sub', [scores, maximum])]);
  return g.op('Div', [g.op('MatMul', [weights, inputs.v]), g.op('MatMul', [weights, ones])]);
}

/** @param cached the number of positions before the new ones, shape [1]; keys and values there get no gradient */
export function attentionVjp(
  g: GraphBuilder,
  {
    q,
    k,
    v,
    shares,
  }: { readonly q: string; readonly k: string; readonly v: string; readonly shares: string },
  dMixed: string,
  cached: string,
): { readonly dq: string; readonly dk: string; readonly dv: string } {
  const own = (x: string) => g.op('Slice', [x, cached, g.ints([2 ** 31 - 1]), g.ints([-1])]);
  const dShares = g.op('MatMul', [dMixed, swapLast(g, v)]);
  const products = g.op('Mul', [dShares, shares]);
  const along = g.op('ReduceSum', [products, g.ints([-1])]);
  const dScores = g.op('Sub', [products, g.op('Mul', [shares, along])]);
  return {
    dq: g.op('MatMul', [dScores, k]),
    dk: g.op('MatMul', [swapLast(g, own(dScores)), q]),
    dv: g.op('MatMul', [swapLast(g, own(shares)), dMixed]),
  };
}
