/**
 * @file Log-probs of one target per position, from its state and the output head, and the vector–Jacobian product of the
 * states. Shapes: M = positions, d = hidden size, V = rows of the head.
 */
import type { GraphBuilder } from '../../onnx/graph.ts';
import { byRows } from './blocks.ts';
import { linear, linearInputVjp } from './linear.ts';

const overLast = { attributes: { keepdims: { int: 1 } } } as const;

/** exp(logits − max) and its sum, [M, 1], and the log of the whole sum, [M, 1]. */
function normalizer(g: GraphBuilder, logits: string) {
  const maximum = g.op('ReduceMax', [logits, g.ints([-1])], overLast);
  const weights = g.op('Exp', [g.op('Sub', [logits, maximum])]);
  const total = g.op('ReduceSum', [weights, g.ints([-1])], overLast);
  return { weights, total, logSum: g.op('Add', [g.op('Log', [total]), maximum]) };
}

/** The target's logit is a dot product with its row of the head. @returns [M, 1] */
function logitOf(g: GraphBuilder, states: string, head: string, targets: string): string {
  const rows = g.op('Gather', [head, targets]);
  return g.op('ReduceSum', [g.op('Mul', [states, rows]), g.ints([-1])], overLast);
}

/** states: [M, d]; head: [V, d]; targets: [M], int64. @returns [M, 1] */
export function targetLogProbs(g: GraphBuilder, states: string, head: string, targets: string): string {
  const { logSum } = normalizer(g, linear(g, states, head));
  return g.op('Sub', [logitOf(g, states, head, targets), logSum]);
}

/** @returns the log-probs, [M, 1], and softmax of the logits, [M, V] */
export function targetLogProbsSaving(g: GraphBuilder, states: string, head: string, targets: string) {
  const { weights, total, logSum } = normalizer(g, linear(g, states, head));
  return {
    logProbs: g.op('Sub', [logitOf(g, states, head, targets), logSum]),
    probs: g.op('Div', [weights, total]),
  };
}

/**
 * @param dLogProbs [M, 1]
 * @param width d
 * @returns the gradient of the states: Σ dLogProbs · (row of the target − Σ probs · rows), [M, d]; and `−dLogProbs · probs`,
 *   the part of the logits' gradient that is not at the targets, [M, V]
 */
export function targetLogProbsVjp(
  g: GraphBuilder,
  probs: string,
  head: string,
  targets: string,
  dLogProbs: string,
  width: number,
): { readonly dStates: string; readonly dOthers: string } {
  const dOthers = g.op('Mul', [probs, g.op('Neg', [dLogProbs])]);
  const rows = g.op('Mul', [g.op('Gather', [head, targets]), dLogProbs]);
  return {
    dStates: g.op('Add', [rows, byRows(g, dOthers, width, (some) => linearInputVjp(g, some, head))]),
    dOthers,
  };
}
