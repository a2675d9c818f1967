/**
 * @file The layers of a Llama-family model as nodes of an ONNX graph.
 * Shapes: B = rows, S = new tokens, T = S and the cached ones, H = heads, K = key/value heads, G = H / K, D = head size.
 *
 * Attention is spelled out as exp(score − max) · V over exp(score − max) · 1. Both sums are matrix products, which add
 * their terms one by one, so that masked positions (exact zeros) change no bit; the Softmax operator sums in vector
 * lanes, and padding moves terms between lanes. So a row's result does not depend on its batch.
 */
import type { LlamaConfig } from '../llama.ts';
import type { Tensor } from '../language-model.ts';
import type { ExternalTensor, GraphBuilder } from './graph.ts';

/** By Hugging Face name, matrices [out, in]: values, which become part of the graph, or where they are beside it. */
export type GraphWeights = ReadonlyMap<string, Tensor | ExternalTensor>;

export interface LlamaOnnxOptions {
  /** How the weights are stored; the arithmetic is float32 either way. Default: `'float32'`. */
  readonly weights?: 'float32' | 'float16';
  /** `'softmax'` uses the operator: a little faster, but results depend on padding. For measurements. */
  readonly attention?: 'batch-invariant' | 'softmax';
}

/** Names the keys or values of all tokens, cached ones included, given those of the new tokens. Both [B, K, ·, D]. */
export type AppendToCache = (layer: number, part: 'key' | 'value', current: string) => string;

/** Names of the graph's inputs, all int64. */
export interface LayerInputs {
  /** [B, S] */
  readonly ids: string;
  /** [B, T] */
  readonly mask: string;
  /** [B, S] */
  readonly positions: string;
}

/** What attention needs beside the hidden states, computed once per run. */
interface Shared {
  readonly positions: string;
  /** Added to the scores: 0 where a query may attend, −1e9 elsewhere. Shape [B, 1, G·S, T]. */
  readonly bias: string;
  /** Shape [T, D]. */
  readonly ones: string;
  readonly cos: string;
  readonly sin: string;
}

export class LlamaLayers {
  readonly #graph: GraphBuilder;
  readonly #config: LlamaConfig;
  readonly #weights: GraphWeights;
  readonly #dtype: 'float32' | 'float16';
  readonly #softmax: boolean;
  readonly #appendToCache: AppendToCache;

  constructor(
    graph: GraphBuilder,
    config: LlamaConfig,
    weights: GraphWeights,
    options: LlamaOnnxOptions,
    appendToCache: AppendToCache,
  ) {
    this.#graph = graph;
    this.#config = config;
    this.#weights = weights;
    this.#dtype = options.weights ?? 'float32';
    this.#softmax = options.attention === 'softmax';
    this.#appendToCache = appendToCache;
  }

  /** Append all layers and the last norm. @returns the normed states, [B, S, d], and the embedding, [V, d] */
  append({ ids, mask, positions }: LayerInputs): { readonly normed: string; readonly embedding: string } {
    const shared = this.#shared(ids, mask, positions);
    const embedding = this.weight('model.embed_tokens.weight');
    let residual = this.#graph.op('Gather', [embedding, ids]);
    let branch: string | null = null;
    for (let layer = 0; layer < this.#config.layers; layer++) {
      const name = (part: string) => `model.layers.${layer}.${part}`;
      const attentionIn = this.#addNorm(residual, branch, name('input_layernorm.weight'));
      const attention = this.#attention(layer, attentionIn.normed, shared);
      const feedIn = this.#addNorm(attentionIn.sum, attention, name('post_attention_layernorm.weight'));
      branch = this.#feedForward(name, feedIn.normed);
      residual = feedIn.sum;
    }
    return { normed: this.#addNorm(residual, branch, 'model.norm.weight').normed, embedding };
  }

  #shared(ids: string, mask: string, positions: string): Shared {
    const g = this.#graph;
    const { heads, kvHeads, headDim } = this.#config;
    const lengthOf = (value: string) => g.op('Gather', [g.op('Shape', [value]), g.ints(1)]);
    const total = lengthOf(mask);
    const past = g.op('Sub', [total, lengthOf(ids)]);
    const keys = g.op('Range', [g.ints(0), total, g.ints(1)]);
    const queries = g.op('Unsqueeze', [g.op('Range', [past, total, g.ints(1)]), g.ints([1])]);
    const causal = g.op('LessOrEqual', [keys, queries]); // [S, T]
    const valid = g.op('Cast', [mask], { attributes: { to: { int: 9 } } });
    const visible = g.op('And', [causal, g.op('Unsqueeze', [valid, g.ints([1, 2])])]); // [B, 1, S, T]
    const bias = g.op('Where', [visible, g.scalar(0), g.scalar(-1e9)]);
    const copies = Array.from({ length: heads / kvHeads }, () => bias);
    const width = g.op('Unsqueeze', [total, g.ints([0])]);
    return {
      positions,
      bias: copies.length === 1 ? bias : g.op('Concat', copies, { attributes: { axis: { int: 2 } } }),
      ones: this.#softmax
        ? ''
        : g.op('Expand', [
            g.scalar(1),
            g.op('Concat', [width, g.ints([headDim])], { attributes: { axis: { int: 0 } } }),
          ]),
      ...this.#rotaryTables(),
    };
  }

  /** cos and sin of position × frequency, [positions, D/2] each. */
  #rotaryTables(): Pick<Shared, 'cos' | 'sin'> {
    const { maxPositions, headDim, ropeTheta } = this.#config;
    const half = headDim / 2;
    const table = (valueAt: (angle: number) => number): Tensor => ({
      shape: [maxPositions, half],
      data: Float32Array.from({ length: maxPositions * half }, (_, i) =>
        valueAt(Math.floor(i / half) * ropeTheta ** (-(i % half) / half)),
      ),
    });
    return {
      cos: this.#graph.tensor('rotary.cos', table(Math.cos)),
      sin: this.#graph.tensor('rotary.sin', table(Math.sin)),
    };
  }

  #attention(layer: number, x: string, shared: Shared): string {
    const g = this.#graph;
    const { heads, kvHeads, headDim } = this.#config;
    const name = (part: string) => `model.layers.${layer}.self_attn.${part}`;
    const byHead = (value: string) =>
      g.op('Transpose', [g.op('Reshape', [value, g.ints([0, 0, kvHeads, headDim])])], {
        attributes: { perm: { ints: [0, 2, 1, 3] } },
      });

    const rotated = this.#rotated(name('q'), this.#project(name('q_proj'), x), heads, shared);
    // Heads that share keys become rows of one matrix: [B, K, G·S, D].
    const grouped = g.op(
      'Transpose',
      [g.op('Reshape', [rotated, g.ints([0, 0, kvHeads, heads / kvHeads, headDim])])],
      { attributes: { perm: { ints: [0, 2, 3, 1, 4] } } },
    );
    const query = g.op('Mul', [
      g.op('Reshape', [grouped, g.ints([0, 0, -1, headDim])]),
      g.scalar(1 / Math.sqrt(headDim)),
    ]);
    const key = this.#appendToCache(
      layer,
      'key',
      byHead(this.#rotated(name('k'), this.#project(name('k_proj'), x), kvHeads, shared)),
    );
    const value = this.#appendToCache(layer, 'value', byHead(this.#project(name('v_proj'), x)));
    const keyT = g.op('Transpose', [key], { attributes: { perm: { ints: [0, 1, 3, 2] } } });
    const scores = g.op('Add', [g.op('MatMul', [query, keyT]), shared.bias]); // [B, K, G·S, T]

    const mixed = this.#mix(scores, value, shared.ones);
    const split = g.op('Reshape', [mixed, g.ints([0, 0, heads / kvHeads, -1, headDim])]);
    const bySequence = g.op('Transpose', [split], { attributes: { perm: { ints: [0, 3, 1, 2, 4] } } });
    return this.#project(name('o_proj'), g.op('Reshape', [bySequence, g.ints([0, 0, heads * headDim])]));
  }

  #mix(scores: string, value: string, ones: string): string {
    const g = this.#graph;
    if (this.#softmax)
      return g.op('MatMul', [g.op('Softmax', [scores], { attributes: { axis: { int: -1 } } }), value]);
    const maximum = g.op('ReduceMax', [scores, g.ints([-1])]);
    const weight = g.op('Exp', [g.op('Sub', [scores, maximum])]);
    return g.op('Div', [g.op('MatMul', [weight, value]), g.op('MatMul', [weight, ones])]);
  }

  /** Rotary position embedding, after the per-head norm if the model has one. [B, S, heads·D] in and out. */
  #rotated(name: string, value: string, heads: number, { positions, cos, sin }: Shared): string {
    const g = this.#graph;
    let x = value;
    if (this.#config.queryKeyNorm) {
      const split = g.op('Reshape', [x, g.ints([0, 0, heads, this.#config.headDim])]);
      const normed = this.#norm(split, `${name}_norm.weight`);
      x = g.op('Reshape', [normed, g.ints([0, 0, heads * this.#config.headDim])]);
    }
    return g.op('RotaryEmbedding', [x, positions, cos, sin], { domain: 'com.microsoft' });
  }

  #feedForward(name: (part: string) => string, x: string): string {
    const g = this.#graph;
    // QuickGelu with alpha 1 is x · sigmoid(x), which is SiLU.
    const gate = g.op('QuickGelu', [this.#project(name('mlp.gate_proj'), x)], {
      domain: 'com.microsoft',
      attributes: { alpha: { float: 1 } },
    });
    return this.#project(name('mlp.down_proj'), g.op('Mul', [gate, this.#project(name('mlp.up_proj'), x)]));
  }

  #norm(x: string, weight: string): string {
    return this.#graph.op('SimplifiedLayerNormalization', [x, this.weight(weight)], {
      attributes: { axis: { int: -1 }, epsilon: { float: this.#config.rmsNormEps } },
    });
  }

  /** residual + branch, and its norm. */
  #addNorm(residual: string, branch: string | null, weight: string): { sum: string; normed: string } {
    if (branch === null) return { sum: residual, normed: this.#norm(residual, weight) };
    const normed = `${weight}.normed`;
    const sum = this.#graph.op('SkipSimplifiedLayerNormalization', [residual, branch, this.weight(weight)], {
      domain: 'com.microsoft',
      attributes: { epsilon: { float: this.#config.rmsNormEps } },
      outputs: [normed, '', '', `${weight}.sum`],
    });
    return { sum, normed };
  }

  #project(name: string, x: string): string {
    const product = this.#graph.op('MatMul', [x, this.matrix(`${name}.weight`)]);
    const bias = `${name}.bias`;
    return this.#weights.has(bias) ? this.#graph.op('Add', [product, this.weight(bias)]) : product;
  }

  weight(name: string): string {
    const weight = this.#read(name);
    return 'data' in weight
      ? this.#graph.tensor(name, weight, this.#dtype)
      : this.#graph.external(name, weight);
  }

  /** A projection, transposed from [out, in] to the [in, out] that MatMul takes: here, or by the engine at loading. */
  matrix(name: string): string {
    const weight = this.#read(name);
    if (!('data' in weight))
      return this.#graph.op('Transpose', [this.#graph.external(name, weight)], {
        attributes: { perm: { ints: [1, 0] } },
      });
    const { shape, data } = weight;
    const [rows, columns] = shape as [number, number];
    const transposed = new Float32Array(data.length);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        transposed[column * rows + row] = data[row * columns + column]!;
    return this.#graph.tensor(name, { shape: [columns, rows], data: transposed }, this.#dtype);
  }

  #read(name: string): Tensor | ExternalTensor {
    const tensor = this.#weights.get(name);
    if (!tensor) throw new RangeError(`Weight "${name}" is missing.`);
    return tensor;
  }
}
