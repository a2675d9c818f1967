/**
 * @file One layer of the Llama family, forwards and backwards, as nodes of a graph whose weights are inputs: all layers of
 * a model run the same graph.
 * Shapes: B = rows, S = new positions, N = B·S, P = cached positions, T = P + S, d = hidden size, D = head size,
 * H = query heads, K = key/value heads, G = H/K.
 */
import { familyOf, queryScale } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import { adapted, adaptedVjp, type Adapter } from './operations/adapter.ts';
import { attention, attentionVjp, batchInvariantAttention } from './operations/attention.ts';
import { gated, gatedVjp } from './operations/gated.ts';
import {
  projection,
  projectionBiasVjp,
  projectionInputVjp,
  projectionWeightVjp,
} from './operations/projection.ts';
import { rmsNorm, rmsNormVjp } from './operations/rms-norm.ts';
import { rotate, rotateVjp } from './operations/rotary.ts';

/** The linear layers, by their names within a layer. */
export const projections = [
  'self_attn.q_proj',
  'self_attn.k_proj',
  'self_attn.v_proj',
  'self_attn.o_proj',
  'mlp.gate_proj',
  'mlp.up_proj',
  'mlp.down_proj',
] as const;
export type Projection = (typeof projections)[number];

/** What the backward pass of a layer needs of its forward pass, by name; `null` where the family has no such norm. */
export interface Saved {
  /** [N, d] */
  readonly input: string;
  /** Queries and keys before their norms, [N, H·D] and [N, K·D]. */
  readonly queries: string | null;
  readonly keys: string | null;
  /** Rotated and scaled, [B, K, G·S, D]. */
  readonly q: string;
  /** Of all positions, [B, K, T, D]. */
  readonly k: string;
  readonly v: string;
  /** What each query takes from each key, [B, K, G·S, T]. */
  readonly shares: string;
  /** [N, H·D] */
  readonly mixed: string;
  /** What attention adds to the stream before its norm, [N, d]. */
  readonly attended: string | null;
  /** The stream between attention and feed-forward, [N, d]. */
  readonly middle: string;
  readonly gate: string;
  readonly up: string;
  /** What the feed-forward layers add before their norm, [N, d]. */
  readonly fed: string | null;
}

/** What a backward pass gives besides the gradient of its input. */
export type Wanted = 'input' | 'weights' | 'adapters';

export interface ForwardOptions {
  /**
   * Whether new keys and values follow the cached ones, or are written, one position per row, into a free place among
   * them, which the input `write` [B, 1, P, 1] tells.
   */
  readonly cache: 'append' | 'write';
  /** Whether a row's bits must not depend on its padding, which costs some time; `shares` is then not computed. */
  readonly invariant: boolean;
}

export class LayerGraph {
  readonly #g: GraphBuilder;
  readonly #config: LlamaConfig;
  readonly #adapters: ReadonlySet<Projection>;
  readonly #positions: string;
  readonly #bias: string;
  readonly #rotation: { readonly rows: string; readonly cos: string; readonly sin: string };
  readonly #inputs = new Set<string>();
  readonly #gradients = new Map<string, string>();

  /**
   * Declares the inputs that tell where rows stand: `positions` [B, S], rows of the tables; `cos` and `sin` [·, D/2];
   * `bias` [B or 1, 1, G·S, T], added to attention scores.
   */
  constructor(g: GraphBuilder, config: LlamaConfig, adapters: ReadonlySet<Projection>) {
    this.#g = g;
    this.#config = config;
    this.#adapters = adapters;
    this.#positions = g.input('positions', 'int64', ['rows', 'new']);
    const half = config.headDim / 2;
    const [cos, sin] = ['cos', 'sin'].map((name) => g.input(name, 'float32', ['tabulated', half]));
    this.#rotation = { rows: this.#positions, cos: cos!, sin: sin! };
    this.#bias = g.input('bias', 'float32', ['biases', 1, 'queries', 'total']);
  }

  /** Declares an input, once. */
  input(name: string, shape: readonly (string | number)[]): string {
    if (!this.#inputs.has(name)) this.#g.input(name, 'float32', shape);
    this.#inputs.add(name);
    return name;
  }

  /** Gradients of weights and adapters that the backward pass added, by name of the weight. */
  get gradients(): ReadonlyMap<string, string> {
    return this.#gradients;
  }

  #weight(name: string, rank: 1 | 2): string {
    return this.input(name, rank === 1 ? [`${name}.0`] : [`${name}.0`, `${name}.1`]);
  }

  #adapter(name: Projection): Adapter | null {
    if (!this.#adapters.has(name)) return null;
    const scale = this.input('lora_scale', [1]);
    return {
      a: this.#weight(`${name}.lora_A.weight`, 2),
      b: this.#weight(`${name}.lora_B.weight`, 2),
      scale,
    };
  }

  #hasBias(name: Projection): boolean {
    const { attentionBias } = this.#config;
    if (!name.startsWith('self_attn') || attentionBias === 'none') return false;
    return name !== 'self_attn.o_proj' || attentionBias === 'qkvo';
  }

  #project(name: Projection, x: string): string {
    const bias = this.#hasBias(name) ? this.#weight(`${name}.bias`, 1) : null;
    const y = projection(this.#g, x, this.#weight(`${name}.weight`, 2), bias);
    const adapter = this.#adapter(name);
    return adapter ? this.#g.op('Add', [y, adapted(this.#g, x, adapter)]) : y;
  }

  /** The gradient of x; adds those of the weights that are wanted. @param x is asked for only if they are */
  #projectVjp(name: Projection, x: () => string, dy: string, wanted: Wanted): string {
    const g = this.#g;
    const dx = projectionInputVjp(g, dy, this.#weight(`${name}.weight`, 2));
    if (wanted === 'weights') {
      this.#gradients.set(`${name}.weight`, projectionWeightVjp(g, x(), dy));
      if (this.#hasBias(name)) this.#gradients.set(`${name}.bias`, projectionBiasVjp(g, dy));
    }
    const adapter = this.#adapter(name);
    if (!adapter) return dx;
    const low = adaptedVjp(g, x, dy, adapter);
    if (wanted === 'adapters') {
      const { da, db } = low.gradients();
      this.#gradients.set(`${name}.lora_A.weight`, da);
      this.#gradients.set(`${name}.lora_B.weight`, db);
    }
    return g.op('Add', [dx, low.dx]);
  }

  get #normOptions() {
    return { epsilon: this.#config.rmsNormEps, offset: familyOf(this.#config).normOffset };
  }

  #norm(name: string, x: string): string {
    return rmsNorm(this.#g, x, this.#weight(`${name}.weight`, 1), this.#normOptions);
  }

  #normVjp(name: string, x: string, dy: string, wanted: Wanted): string {
    const { dx, weightGradient } = rmsNormVjp(
      this.#g,
      x,
      this.#weight(`${name}.weight`, 1),
      dy,
      this.#normOptions,
    );
    if (wanted === 'weights') this.#gradients.set(`${name}.weight`, weightGradient());
    return dx;
  }

  /** x with its shape changed to [B, S, ...rest]. */
  #byPosition(x: string, ...rest: readonly number[]): string {
    const g = this.#g;
    const shape = g.op('Concat', [g.op('Shape', [this.#positions]), g.ints(rest)], {
      attributes: { axis: { int: 0 } },
    });
    return g.op('Reshape', [x, shape]);
  }

  #reshape(x: string, ...shape: readonly number[]): string {
    return this.#g.op('Reshape', [x, this.#g.ints(shape)]);
  }

  #transpose(x: string, ...perm: readonly number[]): string {
    return this.#g.op('Transpose', [x], { attributes: { perm: { ints: perm } } });
  }

  /** [N, H·D] → [B, K, G·S, D]: heads that share keys become rows of one matrix. */
  #groupHeads(x: string): string {
    const { heads, kvHeads, headDim } = this.#config;
    const split = this.#byPosition(x, kvHeads, heads / kvHeads, headDim);
    return this.#reshape(this.#transpose(split, 0, 2, 3, 1, 4), 0, kvHeads, -1, headDim);
  }

  /** [B, K, G·S, D] → [N, H·D] */
  #joinHeads(x: string): string {
    const { heads, kvHeads, headDim } = this.#config;
    const split = this.#reshape(x, 0, 0, heads / kvHeads, -1, headDim);
    return this.#reshape(this.#transpose(split, 0, 3, 1, 2, 4), -1, heads * headDim);
  }

  /** [N, K·D] → [B, K, S, D] */
  #byHead(x: string): string {
    const { kvHeads, headDim } = this.#config;
    return this.#transpose(this.#byPosition(x, kvHeads, headDim), 0, 2, 1, 3);
  }

  /** [B, K, S, D] → [N, K·D] */
  #fromHeads(x: string): string {
    const { kvHeads, headDim } = this.#config;
    return this.#reshape(this.#transpose(x, 0, 2, 1, 3), -1, kvHeads * headDim);
  }

  /** Queries or keys with their norm, if the family has one, and rotated. [N, heads·D] in and out. */
  #rotated(norm: 'q_norm' | 'k_norm', x: string, heads: number): string {
    const { headDim, queryKeyNorm } = this.#config;
    const normed = queryKeyNorm ? this.#norm(`self_attn.${norm}`, this.#reshape(x, -1, heads, headDim)) : x;
    const rotated = rotate(this.#g, this.#byPosition(normed, heads * headDim), this.#rotation);
    return this.#reshape(rotated, -1, heads * headDim);
  }

  #rotatedVjp(
    norm: 'q_norm' | 'k_norm',
    x: string | null,
    dy: string,
    heads: number,
    wanted: Wanted,
  ): string {
    const { headDim } = this.#config;
    const back = rotateVjp(this.#g, this.#byPosition(dy, heads * headDim), this.#rotation);
    if (x === null) return this.#reshape(back, -1, heads * headDim);
    const split = (value: string) => this.#reshape(value, -1, heads, headDim);
    const dx = this.#normVjp(`self_attn.${norm}`, split(x), split(back), wanted);
    return this.#reshape(dx, -1, heads * headDim);
  }

  /** `own`, one position per row, in its place of `past`, [B, K, T, D]: where `write`, [B, 1, T, 1], is 1. */
  #write(past: string, own: string): string {
    const here = this.#g.op('Greater', [this.input('write', ['rows', 1, 'total', 1]), this.#g.scalar(0.5)]);
    return this.#g.op('Where', [here, own, past]);
  }

  /** After `past` (of 1 or B rows), along the positions. */
  #append(past: string, own: string): string {
    const g = this.#g;
    const rows = g.op('Slice', [g.op('Shape', [own]), g.ints([0]), g.ints([1])]);
    const shape = g.op('Concat', [rows, g.ints([1, 1, 1])], { attributes: { axis: { int: 0 } } });
    return g.op('Concat', [g.op('Expand', [past, shape]), own], { attributes: { axis: { int: 2 } } });
  }

  /** Declares `past_key` and `past_value`, [B or 1, K, P, D]. */
  #past(): readonly [key: string, value: string] {
    const { kvHeads, headDim } = this.#config;
    const shape = ['pasts', kvHeads, 'cached', headDim];
    return [this.input('past_key', shape), this.input('past_value', shape)];
  }

  /**
   * @param x [N, d]
   * @returns the stream after the layer, and what the backward pass needs; `k` and `v` are the new cache
   */
  forward(x: string, { cache, invariant }: ForwardOptions): { readonly out: string } & Saved {
    const g = this.#g;
    const { heads, kvHeads } = this.#config;
    const { norms, activation } = familyOf(this.#config);
    const join = (past: string, own: string) =>
      cache === 'append' ? this.#append(past, own) : this.#write(past, own);
    const normed = this.#norm(norms.beforeAttention, x);
    const queries = this.#project('self_attn.q_proj', normed);
    const keys = this.#project('self_attn.k_proj', normed);
    const [pastKey, pastValue] = this.#past();
    const scaled = g.op('Mul', [this.#rotated('q_norm', queries, heads), g.scalar(queryScale(this.#config))]);
    const q = this.#groupHeads(scaled);
    const k = join(pastKey, this.#byHead(this.#rotated('k_norm', keys, kvHeads)));
    const v = join(pastValue, this.#byHead(this.#project('self_attn.v_proj', normed)));
    const { shares, mixed: mixedHeads } = invariant
      ? { shares: '', mixed: batchInvariantAttention(g, { q, k, v, bias: this.#bias }, this.#ones(k)) }
      : attention(g, { q, k, v, bias: this.#bias });
    const mixed = this.#joinHeads(mixedHeads);
    const attended = this.#project('self_attn.o_proj', mixed);
    const middle = g.op('Add', [
      x,
      norms.afterAttention ? this.#norm(norms.afterAttention, attended) : attended,
    ]);
    const fedNormed = this.#norm(norms.beforeFeedForward, middle);
    const gate = this.#project('mlp.gate_proj', fedNormed);
    const up = this.#project('mlp.up_proj', fedNormed);
    const fed = this.#project('mlp.down_proj', gated(g, gate, up, activation));
    const out = g.op('Add', [middle, norms.afterFeedForward ? this.#norm(norms.afterFeedForward, fed) : fed]);
    const { queryKeyNorm } = this.#config;
    return {
      out,
      input: x,
      queries: queryKeyNorm ? queries : null,
      keys: queryKeyNorm ? keys : null,
      ...{ q, k, v, shares, mixed, middle, gate, up },
      attended: norms.afterAttention ? attended : null,
      fed: norms.afterFeedForward ? fed : null,
    };
  }

  /** [T, D] */
  #ones(keys: string): string {
    const g = this.#g;
    const shape = g.op('Slice', [g.op('Shape', [keys]), g.ints([2]), g.ints([4])]);
    return g.op('Expand', [g.scalar(1), shape]);
  }

  /** P, shape [1]. @param keys of all positions */
  #cached(keys: string): string {
    const g = this.#g;
    const total = g.op('Slice', [g.op('Shape', [keys]), g.ints([2]), g.ints([3])]);
    return g.op('Sub', [total, g.op('Slice', [g.op('Shape', [this.#positions]), g.ints([1]), g.ints([2])])]);
  }

  /** The gradient of the layer's input from that of its output, both [N, d]. */
  backward(saved: Saved, dOut: string, wanted: Wanted): string {
    const g = this.#g;
    const { heads, kvHeads } = this.#config;
    const { norms, activation } = familyOf(this.#config);
    const dFed = saved.fed === null ? dOut : this.#normVjp(norms.afterFeedForward!, saved.fed, dOut, wanted);
    const hidden = () => gated(g, saved.gate, saved.up, activation);
    const dHidden = this.#projectVjp('mlp.down_proj', hidden, dFed, wanted);
    const { dGate, dUp } = gatedVjp(g, saved.gate, saved.up, dHidden, activation);
    const fedNormed = once(() => this.#norm(norms.beforeFeedForward, saved.middle));
    const dFedNormed = g.op('Add', [
      this.#projectVjp('mlp.gate_proj', fedNormed, dGate, wanted),
      this.#projectVjp('mlp.up_proj', fedNormed, dUp, wanted),
    ]);
    const dMiddle = g.op('Add', [
      dOut,
      this.#normVjp(norms.beforeFeedForward, saved.middle, dFedNormed, wanted),
    ]);

    const dAttended =
      saved.attended === null
        ? dMiddle
        : this.#normVjp(norms.afterAttention!, saved.attended, dMiddle, wanted);
    const dMixed = this.#projectVjp('self_attn.o_proj', () => saved.mixed, dAttended, wanted);
    const { dq, dk, dv } = attentionVjp(g, saved, this.#groupHeads(dMixed), this.#cached(saved.k));
    const dScaled = g.op('Mul', [this.#joinHeads(dq), g.scalar(queryScale(this.#config))]);
    const dQueries = this.#rotatedVjp('q_norm', saved.queries, dScaled, heads, wanted);
    const dKeys = this.#rotatedVjp('k_norm', saved.keys, this.#fromHeads(dk), kvHeads, wanted);
    const normed = once(() => this.#norm(norms.beforeAttention, saved.input));
    const dNormed = [
      this.#projectVjp('self_attn.q_proj', normed, dQueries, wanted),
      this.#projectVjp('self_attn.k_proj', normed, dKeys, wanted),
      this.#projectVjp('self_attn.v_proj', normed, this.#fromHeads(dv), wanted),
    ].reduce((a, b) => g.op('Add', [a, b]));
    return g.op('Add', [dMiddle, this.#normVjp(norms.beforeAttention, saved.input, dNormed, wanted)]);
  }
}

function once(make: () => string): () => string {
  let made: string | null = null;
  return () => (made ??= make());
}
