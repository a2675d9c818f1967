/**
 * @file The layers of a Llama-family model as nodes of an ONNX graph.
 * Shapes: B = rows, S = new tokens, T = S and the cached ones, H = heads, K = key/value heads, G = H / K, D = head size.
 *
 * Attention is spelled out as exp(score − max) · V over exp(score − max) · 1. Both sums are matrix products, which add
 * their terms one by one, so that masked positions (exact zeros) change no bit; the Softmax operator sums in vector
 * lanes, and padding moves terms between lanes. So a row's result does not depend on its batch.
 *
 * In half precision (`Products`) the operator is used, in float32: sums of many halves would lose more than its lanes.
 */
import {
  attentionKindOf,
  attentionKinds,
  embeddingScale,
  familyOf,
  queryScale,
  type Family,
} from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import type { GraphBuilder } from './graph.ts';
import { Positions, type LayerInputs, type RotaryTables } from './positions.ts';
import type { Products, ProductOptions } from './products.ts';

export interface LlamaOnnxOptions extends ProductOptions {
  /** `'softmax'` uses the operator: a little faster, but results depend on padding. Float16 always does. */
  readonly attention?: 'batch-invariant' | 'softmax';
}

/** Names the keys or values of all tokens, cached ones included, given those of the new tokens. Both [B, K, ·, D]. */
export type AppendToCache = (layer: number, part: 'key' | 'value', current: string) => string;

/** What attention needs beside the hidden states, computed once per run and kind of attention. */
interface Shared {
  /** Added to the scores. Shape [B, 1, G·S, T]. */
  readonly bias: string;
  /** Shape [T, D]. */
  readonly ones: string;
  readonly rotary: RotaryTables;
}

export class LlamaLayers {
  readonly #graph: GraphBuilder;
  readonly #config: LlamaConfig;
  readonly #family: Family;
  readonly #products: Products;
  readonly #softmax: boolean;
  readonly #appendToCache: AppendToCache;

  constructor(
    graph: GraphBuilder,
    config: LlamaConfig,
    products: Products,
    attention: LlamaOnnxOptions['attention'],
    appendToCache: AppendToCache,
  ) {
    this.#graph = graph;
    this.#config = config;
    this.#family = familyOf(config);
    this.#products = products;
    this.#softmax = attention === 'softmax' || products.arithmetic === 'float16';
    this.#appendToCache = appendToCache;
  }

  /**
   * Append all layers and the last norm.
   * @returns the normed states, [B, S, d], in float32, and the embedding, [V, d], in the precision of the products
   */
  append(inputs: LayerInputs): { readonly normed: string; readonly embedding: string } {
    const { norms } = this.#family;
    const shared = this.#shared(inputs);
    const embedding = this.#products.table('model.embed_tokens.weight');
    let residual = this.#scaled(this.#products.widen(this.#graph.op('Gather', [embedding, inputs.ids])));
    let branch: string | null = null;
    for (let layer = 0; layer < this.#config.layers; layer++) {
      const name = (part: string) => `model.layers.${layer}.${part}`;
      const normAfter = (norm: string | null, x: string) =>
        norm === null ? x : this.#norm(x, name(`${norm}.weight`));
      const attentionIn = this.#addNorm(residual, branch, name(`${norms.beforeAttention}.weight`));
      const kind = shared[attentionKindOf(this.#config, layer)]!;
      const attention = normAfter(norms.afterAttention, this.#attention(layer, attentionIn.normed, kind));
      const feedIn = this.#addNorm(attentionIn.sum, attention, name(`${norms.beforeFeedForward}.weight`));
      branch = normAfter(norms.afterFeedForward, this.#feedForward(name, feedIn.normed));
      residual = feedIn.sum;
    }
    return { normed: this.#addNorm(residual, branch, 'model.norm.weight').normed, embedding };
  }

  /** By kind of attention; nothing for a kind that no layer has. */
  #shared(inputs: LayerInputs): readonly (Shared | undefined)[] {
    const { layers, headDim, maxPositions } = this.#config;
    const used = new Set(Array.from({ length: layers }, (_, layer) => attentionKindOf(this.#config, layer)));
    const positions = new Positions(this.#graph, inputs);
    const ones = this.#softmax ? '' : this.#ones(positions.total);
    return attentionKinds(this.#config).map((kind, index) => {
      if (!used.has(index)) return undefined;
      const table = index === 0 ? 'rotary' : 'rotary.sliding';
      const { rows, cos, sin } = positions.rotaryTables(kind, headDim, maxPositions, table);
      const rotary = { rows, cos: this.#products.narrow(cos), sin: this.#products.narrow(sin) };
      return { bias: this.#perHead(positions.bias(kind)), ones, rotary };
    });
  }

  /** [B, 1, S, T] → [B, 1, G·S, T] */
  #perHead(bias: string): string {
    const { heads, kvHeads } = this.#config;
    const copies = Array.from({ length: heads / kvHeads }, () => bias);
    return copies.length === 1
      ? bias
      : this.#graph.op('Concat', copies, { attributes: { axis: { int: 2 } } });
  }

  /** [T, D] */
  #ones(total: string): string {
    const g = this.#graph;
    const sizes = [g.op('Unsqueeze', [total, g.ints([0])]), g.ints([this.#config.headDim])];
    return g.op('Expand', [g.scalar(1), g.op('Concat', sizes, { attributes: { axis: { int: 0 } } })]);
  }

  #scaled(embedded: string): string {
    const scale = embeddingScale(this.#config);
    return scale === 1 ? embedded : this.#graph.op('Mul', [embedded, this.#graph.scalar(scale)]);
  }

  #attention(layer: number, normed: string, shared: Shared): string {
    const g = this.#graph;
    const { narrow, widen } = this.#products;
    const { heads, kvHeads, headDim } = this.#config;
    const x = narrow(normed);
    const name = (part: string) => `model.layers.${layer}.self_attn.${part}`;
    const byHead = (value: string) =>
      g.op('Transpose', [g.op('Reshape', [value, g.ints([0, 0, kvHeads, headDim])])], {
        attributes: { perm: { ints: [0, 2, 1, 3] } },
      });

    const rotated = this.#rotated(name('q'), this.#products.project(name('q_proj'), x), heads, shared.rotary);
    // Heads that share keys become rows of one matrix: [B, K, G·S, D].
    const grouped = g.op(
      'Transpose',
      [g.op('Reshape', [rotated, g.ints([0, 0, kvHeads, heads / kvHeads, headDim])])],
      { attributes: { perm: { ints: [0, 2, 3, 1, 4] } } },
    );
    const query = g.op('Mul', [
      g.op('Reshape', [grouped, g.ints([0, 0, -1, headDim])]),
      narrow(g.scalar(queryScale(this.#config))),
    ]);
    const key = this.#appendToCache(
      layer,
      'key',
      byHead(this.#rotated(name('k'), this.#products.project(name('k_proj'), x), kvHeads, shared.rotary)),
    );
    const value = this.#appendToCache(layer, 'value', byHead(this.#products.project(name('v_proj'), x)));
    const keyT = g.op('Transpose', [key], { attributes: { perm: { ints: [0, 1, 3, 2] } } });
    const products = this.#hasLargeScores
      ? g.op('MatMul', [widen(query), widen(keyT)])
      : widen(g.op('MatMul', [query, keyT]));
    const scores = g.op('Add', [products, shared.bias]); // [B, K, G·S, T]

    const mixed = this.#mix(scores, value, shared.ones);
    const split = g.op('Reshape', [mixed, g.ints([0, 0, heads / kvHeads, -1, headDim])]);
    const bySequence = g.op('Transpose', [split], { attributes: { perm: { ints: [0, 3, 1, 2, 4] } } });
    const joined = g.op('Reshape', [bySequence, g.ints([0, 0, heads * headDim])]);
    return widen(this.#products.project(name('o_proj'), joined));
  }

  /** Biases make keys and queries so large that their products need the range and the digits of float32. */
  get #hasLargeScores(): boolean {
    return this.#config.attentionBias !== 'none';
  }

  #mix(scores: string, value: string, ones: string): string {
    const g = this.#graph;
    if (this.#softmax) {
      const shares = g.op('Softmax', [scores], { attributes: { axis: { int: -1 } } });
      return g.op('MatMul', [this.#products.narrow(shares), value]);
    }
    const maximum = g.op('ReduceMax', [scores, g.ints([-1])]);
    const weight = g.op('Exp', [g.op('Sub', [scores, maximum])]);
    return g.op('Div', [g.op('MatMul', [weight, value]), g.op('MatMul', [weight, ones])]);
  }

  /** Rotary position embedding, after the per-head norm if the model has one. [B, S, heads·D] in and out. */
  #rotated(name: string, value: string, heads: number, { rows, cos, sin }: RotaryTables): string {
    const g = this.#graph;
    let x = value;
    if (this.#config.queryKeyNorm) {
      const split = g.op('Reshape', [x, g.ints([0, 0, heads, this.#config.headDim])]);
      const normed = this.#products.narrow(this.#norm(this.#products.widen(split), `${name}_norm.weight`));
      x = g.op('Reshape', [normed, g.ints([0, 0, heads * this.#config.headDim])]);
    }
    return g.op('RotaryEmbedding', [x, rows, cos, sin], { domain: 'com.microsoft' });
  }

  #feedForward(name: (part: string) => string, normed: string): string {
    const products = this.#products;
    const x = products.narrow(normed);
    const gate = this.#activated(products.project(name('mlp.gate_proj'), x));
    const gated = this.#graph.op('Mul', [gate, products.project(name('mlp.up_proj'), x)]);
    return products.widen(products.project(name('mlp.down_proj'), gated));
  }

  #activated(x: string): string {
    const domain = 'com.microsoft';
    switch (this.#family.activation) {
      case 'silu': // QuickGelu with alpha 1 is x · sigmoid(x)
        return this.#graph.op('QuickGelu', [x], { domain, attributes: { alpha: { float: 1 } } });
      case 'gelu-tanh':
        return this.#graph.op('FastGelu', [x], { domain });
      default:
        return this.#family.activation satisfies never;
    }
  }

  #norm(x: string, weight: string): string {
    return this.#graph.op('SimplifiedLayerNormalization', [x, this.#normWeight(weight)], {
      attributes: { axis: { int: -1 }, epsilon: { float: this.#config.rmsNormEps } },
    });
  }

  /** residual + branch, and its norm. */
  #addNorm(residual: string, branch: string | null, weight: string): { sum: string; normed: string } {
    if (branch === null) return { sum: residual, normed: this.#norm(residual, weight) };
    const normed = `${weight}.normed`;
    const sum = this.#graph.op(
      'SkipSimplifiedLayerNormalization',
      [residual, branch, this.#normWeight(weight)],
      {
        domain: 'com.microsoft',
        attributes: { epsilon: { float: this.#config.rmsNormEps } },
        outputs: [normed, '', '', `${weight}.sum`],
      },
    );
    return { sum, normed };
  }

  #normWeight(name: string): string {
    const { normOffset } = this.#family;
    const weight = this.#products.weight(name);
    return normOffset === 0 ? weight : this.#graph.op('Add', [weight, this.#graph.scalar(normOffset)]);
  }
}
