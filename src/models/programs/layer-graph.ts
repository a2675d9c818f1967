/**
 * @file One layer of the Llama family, forwards and backwards, as nodes of a graph whose weights are inputs: all layers of
 * a model run the same graph.
 * Shapes: B = rows, S = new positions, N = B·S, P = cached positions, T = P + S, d = hidden size, D = head size,
 * H = query heads, K = key/value heads, G = H/K.
 */
import { familyOf, queryScale } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import { HeadShapes } from './head-shapes.ts';
import { attention, attentionVjp, batchInvariantAttention } from './operations/attention.ts';
import { gated, gatedVjp } from './operations/gated.ts';
import type { LayerWeights, Wanted } from './layer-weights.ts';
import { rotate, rotateVjp } from './operations/rotary.ts';

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
  readonly #weights: LayerWeights;
  readonly #positions: string;
  readonly #bias: string;
  readonly #shapes: HeadShapes;
  readonly #rotation: { readonly rows: string; readonly cos: string; readonly sin: string };

  /**
   * Declares the inputs that tell where rows stand: `positions` [B, S], rows of the tables; `cos` and `sin` [·, D/2];
   * `bias` [B or 1, 1, G·S, T], added to attention scores.
   */
  constructor(g: GraphBuilder, config: LlamaConfig, weights: LayerWeights) {
    this.#g = g;
    this.#config = config;
    this.#weights = weights;
    this.#positions = g.input('positions', 'int64', ['rows', 'new']);
    this.#shapes = new HeadShapes(g, config, this.#positions);
    const half = config.headDim / 2;
    const [cos, sin] = ['cos', 'sin'].map((name) => g.input(name, 'float32', ['tabulated', half]));
    this.#rotation = { rows: this.#positions, cos: cos!, sin: sin! };
    this.#bias = g.input('bias', 'float32', ['biases', 1, 'queries', 'total']);
  }

  /** Queries or keys with their norm, if the family has one, and rotated. [N, heads·D] in and out. */
  #rotated(norm: 'q_norm' | 'k_norm', x: string, heads: number): string {
    const { headDim, queryKeyNorm } = this.#config;
    const normed = queryKeyNorm
      ? this.#weights.norm(`self_attn.${norm}`, this.#shapes.reshape(x, -1, heads, headDim))
      : x;
    const rotated = rotate(this.#g, this.#shapes.byPosition(normed, heads * headDim), this.#rotation);
    return this.#shapes.reshape(rotated, -1, heads * headDim);
  }

  #rotatedVjp(
    norm: 'q_norm' | 'k_norm',
    x: string | null,
    dy: string,
    heads: number,
    wanted: Wanted,
  ): string {
    const { headDim } = this.#config;
    const back = rotateVjp(this.#g, this.#shapes.byPosition(dy, heads * headDim), this.#rotation);
    if (x === null) return this.#shapes.reshape(back, -1, heads * headDim);
    const split = (value: string) => this.#shapes.reshape(value, -1, heads, headDim);
    const dx = this.#weights.normVjp(`self_attn.${norm}`, split(x), split(back), wanted);
    return this.#shapes.reshape(dx, -1, heads * headDim);
  }

  /** `own`, one position per row, in its place of `past`, [B, K, T, D]: where `write`, [B, 1, T, 1], is 1. */
  #write(past: string, own: string): string {
    const here = this.#g.op('Greater', [
      this.#weights.input('write', ['rows', 1, 'total', 1]),
      this.#g.scalar(0.5),
    ]);
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
    return [this.#weights.input('past_key', shape), this.#weights.input('past_value', shape)];
  }

  /**
   * @param x [N, d]
   * @returns the stream after the layer, and what the backward pass needs; `k` and `v` are the new cache
   */
  forward(x: string, { cache, invariant }: ForwardOptions): { readonly out: string } & Saved {
    const g = this.#g;
    const { heads, kvHeads, headDim } = this.#config;
    const { norms, activation } = familyOf(this.#config);
    const join = (past: string, own: string) =>
      cache === 'append' ? this.#append(past, own) : this.#write(past, own);
    const normed = this.#weights.norm(norms.beforeAttention, x);
    const queries = this.#weights.project('self_attn.q_proj', normed);
    const keys = this.#weights.project('self_attn.k_proj', normed);
    const [pastKey, pastValue] = this.#past();
    const scaled = g.op('Mul', [this.#rotated('q_norm', queries, heads), g.scalar(queryScale(this.#config))]);
    const q = this.#shapes.groupHeads(scaled);
    const k = join(pastKey, this.#shapes.byHead(this.#rotated('k_norm', keys, kvHeads)));
    const v = join(pastValue, this.#shapes.byHead(this.#weights.project('self_attn.v_proj', normed)));
    const { shares, mixed: mixedHeads } = invariant
      ? {
          shares: '',
          mixed: batchInvariantAttention(g, { q, k, v, bias: this.#bias }, headDim, this.#ones(k)),
        }
      : attention(g, { q, k, v, bias: this.#bias });
    const mixed = this.#shapes.joinHeads(mixedHeads);
    const attended = this.#weights.project('self_attn.o_proj', mixed);
    const middle = g.op('Add', [
      x,
      norms.afterAttention ? this.#weights.norm(norms.afterAttention, attended) : attended,
    ]);
    const fedNormed = this.#weights.norm(norms.beforeFeedForward, middle);
    const gate = this.#weights.project('mlp.gate_proj', fedNormed);
    const up = this.#weights.project('mlp.up_proj', fedNormed);
    const fed = this.#weights.project('mlp.down_proj', gated(g, gate, up, activation));
    const out = g.op('Add', [
      middle,
      norms.afterFeedForward ? this.#weights.norm(norms.afterFeedForward, fed) : fed,
    ]);
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
    const dFed =
      saved.fed === null ? dOut : this.#weights.normVjp(norms.afterFeedForward!, saved.fed, dOut, wanted);
    const hidden = gatedVjp(g, saved.gate, saved.up, activation);
    const dHidden = this.#weights.projectVjp('mlp.down_proj', once(hidden.product), dFed, wanted);
    const { dGate, dUp } = hidden.gradients(dHidden);
    const fedNormed = once(() => this.#weights.norm(norms.beforeFeedForward, saved.middle));
    const dFedNormed = g.op('Add', [
      this.#weights.projectVjp('mlp.gate_proj', fedNormed, dGate, wanted),
      this.#weights.projectVjp('mlp.up_proj', fedNormed, dUp, wanted),
    ]);
    const dMiddle = g.op('Add', [
      dOut,
      this.#weights.normVjp(norms.beforeFeedForward, saved.middle, dFedNormed, wanted),
    ]);

    const dAttended =
      saved.attended === null
        ? dMiddle
        : this.#weights.normVjp(norms.afterAttention!, saved.attended, dMiddle, wanted);
    const dMixed = this.#weights.projectVjp('self_attn.o_proj', () => saved.mixed, dAttended, wanted);
    const { dq, dk, dv } = attentionVjp(g, saved, this.#shapes.groupHeads(dMixed), this.#cached(saved.k));
    const dScaled = g.op('Mul', [this.#shapes.joinHeads(dq), g.scalar(queryScale(this.#config))]);
    const dQueries = this.#rotatedVjp('q_norm', saved.queries, dScaled, heads, wanted);
    const dKeys = this.#rotatedVjp('k_norm', saved.keys, this.#shapes.fromHeads(dk), kvHeads, wanted);
    const normed = once(() => this.#weights.norm(norms.beforeAttention, saved.input));
    const dNormed = [
      this.#weights.projectVjp('self_attn.q_proj', normed, dQueries, wanted),
      this.#weights.projectVjp('self_attn.k_proj', normed, dKeys, wanted),
      this.#weights.projectVjp('self_attn.v_proj', normed, this.#shapes.fromHeads(dv), wanted),
    ].reduce((a, b) => g.op('Add', [a, b]));
    return g.op('Add', [dMiddle, this.#weights.normVjp(norms.beforeAttention, saved.input, dNormed, wanted)]);
  }
}

function once(make: () => string): () => string {
  let made: string | null = null;
  return () => (made ??= make());
}
