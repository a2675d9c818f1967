/**
 * @file The layers of the Llama family as pure functions over jax-js arrays, forward and backward.
 * Shapes: B = rows, T = positions, S = positions attended to, d = hidden size, D = head size, V = vocabulary size,
 * H = query heads, K = key/value heads, G = H/K, M = scored positions.
 * Ownership: parameters and `Context` are borrowed; every other array is consumed.
 */
import { lax, numpy as np, vjp } from '@jax-js/jax';
import { embeddingScale, familyOf, queryScale } from '../../llama-family.ts';
import type { LlamaConfig } from '../../llama.ts';

/** Device arrays by name. */
export type Arrays = Record<string, np.Array>;

/** Where a batch stands in its sequences. One context serves all layers of a kind of attention. */
export interface Context extends Arrays {
  /** Rotary tables, [B or 1, 1, T, D]; see `rotaryTables`. */
  readonly cos: np.Array;
  readonly sin: np.Array;
  /** Added to attention scores, [B or 1, 1, G·T, S]: 0 where a query may look, very negative where it may not. */
  readonly bias: np.Array;
}

/** Keys and values, [B or 1, K, S, D] each. */
export interface KeyValues extends Arrays {
  readonly keys: np.Array;
  readonly values: np.Array;
}

/** Keys and values of a prefix that all rows share, and what may be seen of it: bias [1, 1, G·T or 1, S]. */
export interface Prefix extends KeyValues {
  readonly bias: np.Array;
}

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

/** Input vectors of the first layer. table: [≥ V, d], consumed. */
export function embed(config: LlamaConfig, table: np.Array, ids: np.Array): np.Array {
  const scale = embeddingScale(config);
  const rows = table.slice(ids);
  return scale === 1 ? rows : rows.mul(scale);
}

/** x / √(mean x² + ε) · (weight + the family's offset) over the last axis. */
export function rmsNorm(config: LlamaConfig, weight: np.Array, x: np.Array): np.Array {
  const { normOffset } = familyOf(config);
  const meanSquare = np.mean(x.ref.mul(x.ref), -1, { keepdims: true });
  const gain = normOffset === 0 ? weight.ref : weight.ref.add(normOffset);
  return x.mul(np.reciprocal(np.sqrt(meanSquare.add(config.rmsNormEps)))).mul(gain);
}

/** The norm of that name, or `x` as it is if the family has none there. */
const normIfAny = (config: LlamaConfig, weights: Arrays, name: string | null, x: np.Array): np.Array =>
  name === null ? x : rmsNorm(config, weights[`${name}.weight`]!, x);

/** x·Wᵀ (+ bias), W as stored: [out, in]. */
function project(weights: Arrays, name: string, x: np.Array): np.Array {
  const y = np.matmul(x, weights[`${name}.weight`]!.ref.transpose());
  const bias = weights[`${name}.bias`];
  return bias ? y.add(bias.ref) : y;
}

const swapLast = (x: np.Array): np.Array => x.transpose([0, 1, 3, 2]);

/** Rotate each pair (i, i + D/2) of the last axis by its position's angle. x: [B, heads, T, D]. */
function rotate(x: np.Array, { cos, sin }: Pick<Context, 'cos' | 'sin'>): np.Array {
  const shape = x.shape;
  const size = shape[3]!;
  const swapped = np.flip(x.ref.reshape([...shape.slice(0, 3), 2, size / 2]), 3).reshape(shape);
  return x.mul(cos.ref).add(swapped.mul(sin.ref));
}

/** q is scaled as its scores are, and shaped [B, K, G·T, D]; k and v are [B, K, T, D]. */
function attentionInputs(config: LlamaConfig, weights: Arrays, x: np.Array, context: Context) {
  const { heads, kvHeads, headDim } = config;
  const [rows, length] = x.shape as [number, number];
  const normed = normIfAny(config, weights, familyOf(config).norms.beforeAttention, x);
  const split = (name: string, input: np.Array, count: number) =>
    project(weights, `self_attn.${name}`, input)
      .reshape([rows, length, count, headDim])
      .transpose([0, 2, 1, 3]);
  let q = split('q_proj', normed.ref, heads);
  let k = split('k_proj', normed.ref, kvHeads);
  const v = split('v_proj', normed, kvHeads);
  if (config.queryKeyNorm) {
    q = rmsNorm(config, weights['self_attn.q_norm.weight']!, q);
    k = rmsNorm(config, weights['self_attn.k_norm.weight']!, k);
  }
  q = rotate(q, context).mul(queryScale(config));
  return { q: q.reshape([rows, kvHeads, -1, headDim]), k: rotate(k, context), v };
}

/** Softmax of q·kᵀ + bias, [B, K, G·T, S]. */
function attend(q: np.Array, k: np.Array, bias: np.Array): np.Array {
  const scores = np.matmul(q, swapLast(k)).add(bias);
  const exps = np.exp(scores.ref.sub(lax.stopGradient(np.max(scores, -1, { keepdims: true }))));
  return exps.ref.mul(np.reciprocal(np.sum(exps, -1, { keepdims: true })));
}

/**
 * Attention over several runs of keys and values, normalized together; [B, T, H·D].
 * Dividing by the total comes last, and not only to save work: it makes jax-js store the joined heads. Left as a view
 * of unjoined ones they would slow the projection that follows a hundredfold.
 */
function attendAndJoin(config: LlamaConfig, q: np.Array, runs: readonly Prefix[]): np.Array {
  const scores = runs.map(({ keys, bias }) => np.matmul(q.ref, swapLast(keys)).add(bias));
  q.dispose();
  const max = scores
    .map((score) => np.max(score.ref, -1, { keepdims: true }))
    .reduce((a, b) => np.maximum(a, b));
  const exps = scores.map((score) => np.exp(score.sub(max.ref)));
  max.dispose();
  const total = exps.map((exp) => np.sum(exp.ref, -1, { keepdims: true })).reduce((a, b) => a.add(b));
  const mixed = exps.map((exp, i) => np.matmul(exp, runs[i]!.values)).reduce((a, b) => a.add(b));
  const scale = np.broadcastTo(np.reciprocal(total), mixed.shape);
  return joinHeads(config, mixed).mul(joinHeads(config, scale));
}

/** [B, K, G·T, D] → [B, T, H·D] */
function joinHeads({ heads, headDim }: LlamaConfig, x: np.Array): np.Array {
  const [rows, , groupLength] = x.shape as [number, number, number];
  const length = (groupLength * x.shape[1]!) / heads;
  return x
    .reshape([rows, heads, length, headDim])
    .transpose([0, 2, 1, 3])
    .reshape([rows, length, heads * headDim]);
}

/** [B, T, H·D] → [B, K, G·T, D] */
function splitHeads({ heads, kvHeads, headDim }: LlamaConfig, x: np.Array): np.Array {
  const [rows, length] = x.shape as [number, number];
  return x
    .reshape([rows, length, heads, headDim])
    .transpose([0, 2, 1, 3])
    .reshape([rows, kvHeads, -1, headDim]);
}

const attentionOutput = (config: LlamaConfig, weights: Arrays, mixed: np.Array): np.Array =>
  normIfAny(
    config,
    weights,
    familyOf(config).norms.afterAttention,
    project(weights, 'self_attn.o_proj', mixed),
  );

function feedForwardInputs(config: LlamaConfig, weights: Arrays, x: np.Array) {
  const normed = normIfAny(config, weights, familyOf(config).norms.beforeFeedForward, x);
  return { gate: project(weights, 'mlp.gate_proj', normed.ref), up: project(weights, 'mlp.up_proj', normed) };
}

function activate(config: LlamaConfig, gate: np.Array): np.Array {
  const { activation } = familyOf(config);
  switch (activation) {
    case 'silu':
      return gate.ref.mul(np.reciprocal(np.exp(gate.neg()).add(1)));
    case 'gelu-tanh': {
      const cubic = gate.ref.mul(gate.ref).mul(gate.ref).mul(0.044715);
      const inner = gate.ref.add(cubic).mul(Math.sqrt(2 / Math.PI));
      return gate.mul(0.5).mul(np.tanh(inner).add(1));
    }
    default:
      return activation satisfies never;
  }
}

/** down(activation(gate) · up) */
function feedForwardOutput(config: LlamaConfig, weights: Arrays, gate: np.Array, up: np.Array): np.Array {
  const out = project(weights, 'mlp.down_proj', activate(config, gate).mul(up));
  return normIfAny(config, weights, familyOf(config).norms.afterFeedForward, out);
}

const feedForward = (config: LlamaConfig, weights: Arrays, x: np.Array): np.Array => {
  const { gate, up } = feedForwardInputs(config, weights, x.ref);
  return x.add(feedForwardOutput(config, weights, gate, up));
};

/**
 * One layer. x: [B, T, d]. Without a prefix the context's S is T; with one, its bias covers the rows' own positions.
 * @returns the residual stream after the layer, and the keys and values of its positions
 */
export function layer(
  config: LlamaConfig,
  weights: Arrays,
  x: np.Array,
  context: Context,
  prefix?: Prefix,
): { x: np.Array } & KeyValues {
  const { q, k, v } = attentionInputs(config, weights, x.ref, context);
  const own = { keys: k.ref, values: v.ref, bias: context.bias.ref };
  const mixed = attendAndJoin(config, q, prefix ? [prefix, own] : [own]);
  const middle = x.add(attentionOutput(config, weights, mixed));
  return { x: feedForward(config, weights, middle), keys: k, values: v };
}

/**
 * One layer for one new position per row. x: [B, 1, d]; context: T = 1, S = capacity of the cache.
 * @param write [B, 1, S, 1], 1 at the cache position where this token's keys and values go
 */
export function decodeLayer(
  config: LlamaConfig,
  weights: Arrays,
  x: np.Array,
  context: Context,
  write: np.Array,
  cache: KeyValues,
): { x: np.Array } & KeyValues {
  const { q, k, v } = attentionInputs(config, weights, x.ref, context);
  const here = write.greater(0.5);
  const keys = np.where(here.ref, k, cache.keys);
  const values = np.where(here, v, cache.values);
  const mixed = attendAndJoin(config, q, [{ keys: keys.ref, values: values.ref, bias: context.bias.ref }]);
  const middle = x.add(attentionOutput(config, weights, mixed));
  return { x: feedForward(config, weights, middle), keys, values };
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
