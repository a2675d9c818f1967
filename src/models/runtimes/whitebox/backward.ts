/**
 * @file The backward pass of a layer, from what its forward pass saved. Shapes and ownership: as in `forward.ts`.
 */
import { lax, numpy as np, vjp } from '@jax-js/jax';
import { familyOf } from '../../llama-family.ts';
import type { LlamaConfig } from '../../llama.ts';
import {
  attentionInputs,
  attentionOutput,
  feedForwardInputs,
  feedForwardOutput,
  joinHeads,
  swapLast,
  type Arrays,
  type Context,
} from './forward.ts';

/** What the backward pass of a layer needs from its forward pass. */
export interface Saved extends Arrays {
  readonly input: np.Array;
  readonly q: np.Array;
  readonly k: np.Array;
  readonly v: np.Array;
  readonly attention: np.Array;
  readonly mixed: np.Array;
  readonly middle: np.Array;
  readonly gate: np.Array;
  readonly up: np.Array;
}

/** The parts of a layer, each with weights of its own. */
type Part = 'attentionInputs' | 'attentionOutput' | 'feedForwardInputs' | 'feedForwardOutput';

const qkv = (kind: string): string[] => ['q', 'k', 'v'].map((name) => `self_attn.${name}_proj.${kind}`);

/** Names of the weights that a part may read. */
function weightsOf(config: LlamaConfig, part: Part): readonly string[] {
  const { norms } = familyOf(config);
  switch (part) {
    case 'attentionInputs': {
      const headNorms = ['self_attn.q_norm.weight', 'self_attn.k_norm.weight'];
      return [`${norms.beforeAttention}.weight`, ...qkv('weight'), ...qkv('bias'), ...headNorms];
    }
    case 'attentionOutput':
      return ['self_attn.o_proj.weight', 'self_attn.o_proj.bias', `${norms.afterAttention}.weight`];
    case 'feedForwardInputs':
      return [`${norms.beforeFeedForward}.weight`, 'mlp.gate_proj.weight', 'mlp.up_proj.weight'];
    case 'feedForwardOutput':
      return ['mlp.down_proj.weight', `${norms.afterFeedForward}.weight`];
    default:
      return part satisfies never;
  }
}

const pick = (config: LlamaConfig, weights: Arrays, part: Part): Arrays =>
  Object.fromEntries(
    weightsOf(config, part).flatMap((name) => (weights[name] ? [[name, weights[name].ref]] : [])),
  );

/** Softmax of q·kᵀ + bias, [B, K, G·T, S]. */
function attend(q: np.Array, k: np.Array, bias: np.Array): np.Array {
  const scores = np.matmul(q, swapLast(k)).add(bias);
  const exps = np.exp(scores.ref.sub(lax.stopGradient(np.max(scores, -1, { keepdims: true }))));
  return exps.ref.mul(np.reciprocal(np.sum(exps, -1, { keepdims: true })));
}

/** [B, T, H·D] → [B, K, G·T, D] */
function splitHeads({ heads, kvHeads, headDim }: LlamaConfig, x: np.Array): np.Array {
  const [rows, length] = x.shape as [number, number];
  return x
    .reshape([rows, length, heads, headDim])
    .transpose([0, 2, 1, 3])
    .reshape([rows, kvHeads, -1, headDim]);
}

/** As `layer` without prefix, also returning what `layerBackward` needs. */
export function layerSaving(
  config: LlamaConfig,
  weights: Arrays,
  x: np.Array,
  context: Context,
): { x: np.Array; saved: Saved } {
  const { q, k, v } = attentionInputs(config, weights, x.ref, context);
  const attention = attend(q.ref, k.ref, context.bias.ref);
  const mixed = joinHeads(config, np.matmul(attention.ref, v.ref));
  const middle = x.ref.add(attentionOutput(config, weights, mixed.ref));
  const { gate, up } = feedForwardInputs(config, weights, middle.ref);
  const out = middle.ref.add(feedForwardOutput(config, weights, gate.ref, up.ref));
  return { x: out, saved: { input: x, q, k, v, attention, mixed, middle, gate, up } };
}

/**
 * Gradients of a layer: `dOut` is the gradient of the loss with respect to its output.
 * Matrix products of the forward pass are not repeated; cheap elementwise work is.
 * @returns `dWeights` with the keys of `weights`, in the same order
 */
export function layerBackward(
  config: LlamaConfig,
  weights: Arrays,
  saved: Saved,
  context: Context,
  dOut: np.Array,
): { dInput: np.Array; dWeights: Arrays } {
  const [, pullOutput] = vjp(
    (w: Arrays, gate: np.Array, up: np.Array) => feedForwardOutput(config, w, gate, up),
    [pick(config, weights, 'feedForwardOutput'), saved.gate, saved.up],
  );
  const [dDown, dGate, dUp] = pullOutput(dOut.ref) as [Arrays, np.Array, np.Array];

  const [, pullInputs] = vjp(
    (w: Arrays, x: np.Array) => feedForwardInputs(config, w, x),
    [pick(config, weights, 'feedForwardInputs'), saved.middle],
  );
  const [dGateUp, dNormed] = pullInputs({ gate: dGate, up: dUp }) as [Arrays, np.Array];
  const dMiddle = dOut.add(dNormed);

  const [, pullMixed] = vjp(
    (w: Arrays, mixed: np.Array) => attentionOutput(config, w, mixed),
    [pick(config, weights, 'attentionOutput'), saved.mixed],
  );
  const [dProjection, dMixed] = pullMixed(dMiddle.ref) as [Arrays, np.Array];

  const { q, k, v, attention: p } = saved;
  const dHeads = splitHeads(config, dMixed);
  const dV = np.matmul(swapLast(p.ref), dHeads.ref);
  const dP = np.matmul(dHeads, swapLast(v));
  const dScores = p.ref.mul(dP.ref.sub(np.sum(dP.mul(p), -1, { keepdims: true })));
  const dQ = np.matmul(dScores.ref, k);
  const dK = np.matmul(swapLast(dScores), q);

  const [, pullAttention] = vjp(
    (w: Arrays, x: np.Array) => attentionInputs(config, w, x, context),
    [pick(config, weights, 'attentionInputs'), saved.input],
  );
  const [dQkv, dInput] = pullAttention({ q: dQ, k: dK, v: dV }) as [Arrays, np.Array];
  const unordered = { ...dDown, ...dGateUp, ...dProjection, ...dQkv };
  const dWeights = Object.fromEntries(Object.keys(weights).map((name) => [name, unordered[name]!]));
  return { dInput: dMiddle.add(dInput), dWeights };
}
