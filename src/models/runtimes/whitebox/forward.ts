/**
 * @file The Llama family as pure functions over jax-js arrays.
 * Shapes: B = rows, T = positions, S = positions attended to, d = hidden size, D = head size, V = vocabulary size,
 * H = query heads, K = key/value heads, G = H/K.
 * Ownership: every function borrows `parameters` and `context`, and consumes its other arrays.
 */
import { lax, numpy as np } from '@jax-js/jax';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';

/** Device arrays by Hugging Face name. */
export type Parameters = Record<string, np.Array>;

/** What every layer needs to know about positions; see `createContext`. */
export interface Context extends Record<string, np.Array> {
  /** Rotary cosines and signed sines, [B or 1, 1, T, D], D laid out as [first half, second half]. */
  readonly cos: np.Array;
  readonly sin: np.Array;
  /** Added to attention scores, [B or 1, 1, G·T, S]: 0 where a query may look, very negative where not. */
  readonly bias: np.Array;
}

/** Keys and values of a layer, [B, K, S, D] each. */
export interface LayerCache extends Record<string, np.Array> {
  readonly keys: np.Array;
  readonly values: np.Array;
}

/** Large enough to vanish in a softmax, small enough that a row of nothing else stays finite. */
const masked = -1e9;

export function uploadWeights(weights: Tensors): Parameters {
  return Object.fromEntries(
    [...weights].map(([name, { shape, data }]) => [
      name,
      np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] }),
    ]),
  );
}

/** Host copies by name. Borrows `parameters`. */
export async function downloadWeights(
  parameters: Parameters,
): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
  const names = Object.keys(parameters);
  const data = await Promise.all(names.map((name) => parameters[name]!.ref.data()));
  return new Map(
    names.map((name, i) => [name, { shape: parameters[name]!.shape, data: data[i] as Float32Array }]),
  );
}

/**
 * Rotary tables in Hugging Face's rotate-half convention.
 * The sine of the first half is negated, so that rotation is `x·cos + swapHalves(x)·sin`.
 * @param positions row-major, [rows, T]
 */
export function rotaryTables(
  config: LlamaConfig,
  positions: ArrayLike<number>,
  rows: number,
): { cos: np.Array; sin: np.Array } {
  const half = config.headDim / 2;
  const length = positions.length / rows;
  const cos = new Float32Array(positions.length * config.headDim);
  const sin = new Float32Array(cos.length);
  for (let p = 0; p < positions.length; p++)
    for (let i = 0; i < half; i++) {
      const angle = positions[p]! * config.ropeTheta ** (-i / half);
      const at = p * config.headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = -Math.sin(angle);
      sin[at + half] = Math.sin(angle);
    }
  const shape = [rows, 1, length, config.headDim];
  return { cos: np.array(cos, { shape }), sin: np.array(sin, { shape }) };
}

/** Tables for a right-padded batch without cache: causal order hides the padding, so that rows need no mask. */
export function causalContext(config: LlamaConfig, length: number): Context {
  const group = config.heads / config.kvHeads;
  const bias = new Float32Array(group * length * length);
  for (let row = 0; row < group * length; row++)
    bias.fill(masked, row * length + (row % length) + 1, (row + 1) * length);
  return {
    ...rotaryTables(
      config,
      Float64Array.from({ length }, (_, i) => i),
      1,
    ),
    bias: np.array(bias, { shape: [1, 1, group * length, length] }),
  };
}

/** x / √(mean x² + ε) · weight over the last axis. */
function rmsNorm(x: np.Array, weight: np.Array, epsilon: number): np.Array {
  const meanSquare = np.mean(x.ref.mul(x.ref), -1, { keepdims: true });
  return x.mul(np.reciprocal(np.sqrt(meanSquare.add(epsilon)))).mul(weight);
}

/** x·Wᵀ (+ bias), W as stored: [out, in]. Borrows both. */
function project(parameters: Parameters, name: string, x: np.Array): np.Array {
  const y = np.matmul(x, parameters[`${name}.weight`]!.ref.transpose());
  const bias = parameters[`${name}.bias`];
  return bias ? y.add(bias.ref) : y;
}

/** Rotate each pair (i, i + D/2) of the last axis by its position's angle. x: [B, heads, T, D]. */
function rotate(x: np.Array, { cos, sin }: Pick<Context, 'cos' | 'sin'>): np.Array {
  const [rows, heads, length, size] = x.shape as [number, number, number, number];
  const swapped = np
    .flip(x.ref.reshape([rows, heads, length, 2, size / 2]), 3)
    .reshape([rows, heads, length, size]);
  return x.mul(cos.ref).add(swapped.mul(sin.ref));
}

function softmax(scores: np.Array): np.Array {
  const max = lax.stopGradient(np.max(scores.ref, -1, { keepdims: true }));
  const weights = np.exp(scores.sub(max));
  return weights.ref.mul(np.reciprocal(np.sum(weights, -1, { keepdims: true })));
}

/**
 * Grouped-query attention. x: [B, T, d], already normalised.
 * @returns the update of the residual stream
 */
function attention(
  config: LlamaConfig,
  parameters: Parameters,
  layer: number,
  x: np.Array,
  context: Context,
): np.Array {
  const { heads, kvHeads, headDim } = config;
  const [rows, length] = x.shape as [number, number];
  const name = (part: string) => `model.layers.${layer}.self_attn.${part}`;
  const split = (y: np.Array, count: number) =>
    y.reshape([rows, length, count, headDim]).transpose([0, 2, 1, 3]);
  let q = split(project(parameters, name('q_proj'), x.ref), heads);
  let k = split(project(parameters, name('k_proj'), x.ref), kvHeads);
  const v = split(project(parameters, name('v_proj'), x), kvHeads);
  if (config.queryKeyNorm) {
    q = rmsNorm(q, parameters[name('q_norm.weight')]!.ref, config.rmsNormEps);
    k = rmsNorm(k, parameters[name('k_norm.weight')]!.ref, config.rmsNormEps);
  }
  q = rotate(q, context).mul(headDim ** -0.5);
  k = rotate(k, context);
  const scores = np.matmul(q.reshape([rows, kvHeads, -1, headDim]), k.transpose([0, 1, 3, 2]));
  const mixed = np.matmul(softmax(scores.add(context.bias.ref)), v);
  const joined = mixed
    .reshape([rows, heads, length, headDim])
    .transpose([0, 2, 1, 3])
    .reshape([rows, length, -1]);
  return project(parameters, name('o_proj'), joined);
}

/** down(silu(gate(x)) · up(x)). */
function feedForward(parameters: Parameters, layer: number, x: np.Array): np.Array {
  const name = (part: string) => `model.layers.${layer}.mlp.${part}`;
  const gate = project(parameters, name('gate_proj'), x.ref);
  const up = project(parameters, name('up_proj'), x);
  const silu = gate.ref.mul(np.reciprocal(np.exp(gate.neg()).add(1)));
  return project(parameters, name('down_proj'), silu.mul(up));
}

export function embed(parameters: Parameters, ids: np.Array): np.Array {
  return parameters['model.embed_tokens.weight']!.ref.slice(ids);
}

/** All layers but not the final norm. embeddings: [B, T, d]. */
export function layers(
  config: LlamaConfig,
  parameters: Parameters,
  embeddings: np.Array,
  context: Context,
): np.Array {
  let x = embeddings;
  for (let layer = 0; layer < config.layers; layer++) {
    const norm = (part: string) => parameters[`model.layers.${layer}.${part}.weight`]!.ref;
    const mixed = attention(
      config,
      parameters,
      layer,
      rmsNorm(x.ref, norm('input_layernorm'), config.rmsNormEps),
      context,
    );
    x = x.add(mixed);
    const fed = feedForward(
      parameters,
      layer,
      rmsNorm(x.ref, norm('post_attention_layernorm'), config.rmsNormEps),
    );
    x = x.add(fed);
  }
  return x;
}

export function finalNorm(config: LlamaConfig, parameters: Parameters, x: np.Array): np.Array {
  return rmsNorm(x, parameters['model.norm.weight']!.ref, config.rmsNormEps);
}

/** The output head, [V, d]. Borrowed. */
export const head = (parameters: Parameters): np.Array =>
  parameters['lm_head.weight'] ?? parameters['model.embed_tokens.weight']!;
