/**
 * @file The layers of the Llama family as pure functions over jax-js arrays. `backward.ts` differentiates them.
 * Shapes: B = rows, T = positions, S = positions attended to, d = hidden size, D = head size, V = vocabulary size,
 * H = query heads, K = key/value heads, G = H/K.
 * Ownership: parameters and `Context` are borrowed; every other array is consumed.
 */
import { numpy as np } from '@jax-js/jax';
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

export const swapLast = (x: np.Array): np.Array => x.transpose([0, 1, 3, 2]);

/** Rotate each pair (i, i + D/2) of the last axis by its position's angle. x: [B, heads, T, D]. */
function rotate(x: np.Array, { cos, sin }: Pick<Context, 'cos' | 'sin'>): np.Array {
  const shape = x.shape;
  const size = shape[3]!;
  const swapped = np.flip(x.ref.reshape([...shape.slice(0, 3), 2, size / 2]), 3).reshape(shape);
  return x.mul(cos.ref).add(swapped.mul(sin.ref));
}

/** q is scaled as its scores are, and shaped [B, K, G·T, D]; k and v are [B, K, T, D]. */
export function attentionInputs(config: LlamaConfig, weights: Arrays, x: np.Array, context: Context) {
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
export function joinHeads({ heads, headDim }: LlamaConfig, x: np.Array): np.Array {
  const [rows, , groupLength] = x.shape as [number, number, number];
  const length = (groupLength * x.shape[1]!) / heads;
  return x
    .reshape([rows, heads, length, headDim])
    .transpose([0, 2, 1, 3])
    .reshape([rows, length, heads * headDim]);
}

export const attentionOutput = (config: LlamaConfig, weights: Arrays, mixed: np.Array): np.Array =>
  normIfAny(
    config,
    weights,
    familyOf(config).norms.afterAttention,
    project(weights, 'self_attn.o_proj', mixed),
  );

export function feedForwardInputs(config: LlamaConfig, weights: Arrays, x: np.Array) {
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
export function feedForwardOutput(
  config: LlamaConfig,
  weights: Arrays,
  gate: np.Array,
  up: np.Array,
): np.Array {
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
