/** @file The graphs that a Llama-family model runs on: one layer of it, what is before the layers, and what is after. */
import { embeddingScale, familyOf } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import { LayerGraph, type ForwardOptions, type Projection, type Saved, type Wanted } from './layer-graph.ts';
import { editStream, project } from './operations/direction.ts';
import { linear, linearWeightVjp } from './operations/linear.ts';
import { targetLogProbs, targetLogProbsSaving, targetLogProbsVjp } from './operations/log-probs.ts';
import { rmsNorm, rmsNormVjp } from './operations/rms-norm.ts';
import { writeOnnx } from '../onnx/proto.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const finish = (g: GraphBuilder, name: string): Bytes =>
  writeOnnx(g.finish(name, { '': 18, 'com.microsoft': 1 }));

/** Give the value `name` a name of the graph's own as an output. */
function output(g: GraphBuilder, name: string, value: string, shape: readonly (string | number)[]): void {
  g.op('Identity', [value], { outputs: [name] });
  g.output(name, 'float32', shape);
}

const unknown = (rank: number, name: string): readonly string[] =>
  Array.from({ length: rank }, (_, axis) => `${name}.${axis}`);

/** The names and ranks of what a forward pass saves, for models of this family. */
export function savedRanks(config: LlamaConfig): ReadonlyMap<keyof Saved, number> {
  const { norms } = familyOf(config);
  return new Map<keyof Saved, number>([
    ['input', 2],
    ...(config.queryKeyNorm
      ? ([
          ['queries', 2],
          ['keys', 2],
        ] as const)
      : []),
    ['q', 4],
    ['k', 4],
    ['v', 4],
    ['shares', 4],
    ['mixed', 2],
    ...(norms.afterAttention ? ([['attended', 2]] as const) : []),
    ['middle', 2],
    ['gate', 2],
    ['up', 2],
    ...(norms.afterFeedForward ? ([['fed', 2]] as const) : []),
  ]);
}

const saving: ForwardOptions = { cache: 'append', invariant: false };

export interface LayerOptions {
  readonly adapters: ReadonlySet<Projection>;
}

/**
 * Inputs: `x` [N, d], `past_key` and `past_value` [B or 1, K, P, D], the layer's weights by their names in it, and what
 * `LayerGraph` declares. Outputs: the stream after the layer, `out`, and the cache of all positions, `k` and `v`.
 */
export function layerProgram(
  config: LlamaConfig,
  { adapters, cache, invariant }: LayerOptions & ForwardOptions,
): Bytes {
  const g = new GraphBuilder();
  const layer = new LayerGraph(g, config, adapters);
  const x = layer.input('x', ['positions', config.hiddenSize]);
  const { out, k, v } = layer.forward(x, { invariant, cache });
  output(g, 'out', out, unknown(2, 'out'));
  output(g, 'k', k, unknown(4, 'k'));
  output(g, 'v', v, unknown(4, 'v'));
  return finish(g, 'layer');
}

/** As `layerProgram`; its outputs are `out` and all that the backward pass needs besides the input. */
export function savingProgram(config: LlamaConfig, { adapters }: LayerOptions): Bytes {
  const g = new GraphBuilder();
  const layer = new LayerGraph(g, config, adapters);
  const made = layer.forward(layer.input('x', ['positions', config.hiddenSize]), saving);
  output(g, 'out', made.out, unknown(2, 'out'));
  for (const [name, rank] of savedRanks(config))
    if (name !== 'input') output(g, name, made[name]!, unknown(rank, name));
  return finish(g, 'layer-saving');
}

/**
 * Inputs: `d_out` [N, d], those of `layerProgram` without `x`, and what the forward pass saved or, to `recompute` it, its
 * input alone. Outputs: `d_input`, and the gradients that are wanted, as `d:` and the name of the weight.
 */
export function backwardProgram(
  config: LlamaConfig,
  { adapters, wanted, recompute }: LayerOptions & { readonly wanted: Wanted; readonly recompute: boolean },
): Bytes {
  const g = new GraphBuilder();
  const layer = new LayerGraph(g, config, adapters);
  const dOut = layer.input('d_out', ['positions', config.hiddenSize]);
  const input = layer.input('input', ['positions', config.hiddenSize]);
  const nothing = { queries: null, keys: null, attended: null, fed: null };
  const given = () =>
    Object.fromEntries(
      [...savedRanks(config)].map(([name, rank]) => [name, layer.input(name, unknown(rank, name))]),
    );
  const saved = recompute ? layer.forward(input, saving) : ({ ...nothing, ...given() } as unknown as Saved);
  output(g, 'd_input', layer.backward(saved, dOut, wanted), unknown(2, 'd_input'));
  for (const [name, value] of layer.gradients)
    output(g, `d:${name}`, value, unknown(/bias$|norm\.weight$/.test(name) ? 1 : 2, `d:${name}`));
  return finish(g, 'layer-backward');
}

/** `ids` [N] → `x` [N, d], from `table` [V, d]. */
export function embedProgram(config: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const ids = g.input('ids', 'int64', ['positions']);
  const table = g.input('table', 'float32', ['vocabulary', config.hiddenSize]);
  output(g, 'x', scaled(g, config, g.op('Gather', [table, ids])), ['positions', config.hiddenSize]);
  return finish(g, 'embed');
}

/**
 * As `embedProgram`, with vectors of their own for some positions: `soft` [n, d] is read at `soft_ids` [N] where
 * `is_soft` [N, 1] is 1, the table where it is 0.
 */
export function embedSoftProgram(config: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const [ids, softIds] = ['ids', 'soft_ids'].map((name) => g.input(name, 'int64', ['positions'])) as [
    string,
    string,
  ];
  const table = g.input('table', 'float32', ['vocabulary', config.hiddenSize]);
  const soft = g.input('soft', 'float32', ['vectors', config.hiddenSize]);
  const isSoft = g.input('is_soft', 'float32', ['positions', 1]);
  const hard = g.op('Mul', [g.op('Gather', [table, ids]), g.op('Sub', [g.scalar(1), isSoft])]);
  const x = g.op('Add', [hard, g.op('Mul', [g.op('Gather', [soft, softIds]), isSoft])]);
  output(g, 'x', scaled(g, config, x), ['positions', config.hiddenSize]);
  return finish(g, 'embed-soft');
}

function scaled(g: GraphBuilder, config: LlamaConfig, x: string): string {
  const scale = embeddingScale(config);
  return scale === 1 ? x : g.op('Mul', [x, g.scalar(scale)]);
}

/** `x`, `axis` [d], `offset` [d] → `out`; see `operations/direction.ts`. */
export function editProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['positions', hiddenSize]);
  const [axis, offset] = ['axis', 'offset'].map((name) => g.input(name, 'float32', [hiddenSize])) as [
    string,
    string,
  ];
  output(g, 'out', editStream(g, x, axis, offset), ['positions', hiddenSize]);
  return finish(g, 'edit');
}

/** The gradient `d_out` of an edited stream → `d_input`, that of the stream before. */
export function editVjpProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const dOut = g.input('d_out', 'float32', ['positions', hiddenSize]);
  output(g, 'd_input', project(g, dOut, g.input('axis', 'float32', [hiddenSize])), ['positions', hiddenSize]);
  return finish(g, 'edit-vjp');
}

/** What the graphs after the layers have in common: the stream at some positions, and its norm. */
class Head {
  readonly g = new GraphBuilder();
  readonly #config: LlamaConfig;
  readonly norm: string;
  readonly #options;

  constructor(config: LlamaConfig) {
    this.#config = config;
    this.norm = this.g.input('norm', 'float32', [config.hiddenSize]);
    this.#options = { epsilon: config.rmsNormEps, offset: familyOf(config).normOffset };
  }

  /** `x` [N, d] at `at` [M]. */
  chosen(): string {
    const x = this.g.input('x', 'float32', ['positions', this.#config.hiddenSize]);
    return this.g.op('Gather', [x, this.g.input('at', 'int64', ['chosen'])]);
  }

  head(): string {
    return this.g.input('head', 'float32', ['outputs', this.#config.hiddenSize]);
  }

  targets(): string {
    return this.g.input('targets', 'int64', ['chosen']);
  }

  normed = (x: string): string => rmsNorm(this.g, x, this.norm, this.#options);
  normVjp = (x: string, dy: string) => rmsNormVjp(this.g, x, this.norm, dy, this.#options);
}

/** `x` [N, d] at `at` [M], `norm` [d], `head` [V, d] → `logits` [M, V] */
export function logitsProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const logits = linear(head.g, head.normed(head.chosen()), head.head());
  output(head.g, 'logits', logits, ['chosen', 'outputs']);
  return finish(head.g, 'logits');
}

/** As `logitsProgram`, with `targets` [M] → `log_probs` [M, 1] */
export function logProbsProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const logProbs = targetLogProbs(head.g, head.normed(head.chosen()), head.head(), head.targets());
  output(head.g, 'log_probs', logProbs, ['chosen', 1]);
  return finish(head.g, 'log-probs');
}

/**
 * The vector–Jacobian product of `logProbsProgram`: also takes `d_log_probs` [M, 1] → `log_probs`, and `d_chosen` [M, d],
 * the gradient of the stream at those positions. With `weights` also `d_norm` [d]; `states` [M, d]; and `d_head` [V, d]
 * without the rows of the targets, to each of which d_log_probs · state is added.
 */
export function logProbsVjpProgram(config: LlamaConfig, { weights }: { readonly weights: boolean }): Bytes {
  const head = new Head(config);
  const { g } = head;
  const chosen = head.chosen();
  const states = head.normed(chosen);
  const [matrix, targets] = [head.head(), head.targets()];
  const dLogProbs = g.input('d_log_probs', 'float32', ['chosen', 1]);
  const { logProbs, probs } = targetLogProbsSaving(g, states, matrix, targets);
  const { dStates, dOthers } = targetLogProbsVjp(g, probs, matrix, targets, dLogProbs);
  const { dx, weightGradient } = head.normVjp(chosen, dStates);
  output(g, 'log_probs', logProbs, ['chosen', 1]);
  output(g, 'd_chosen', dx, ['chosen', config.hiddenSize]);
  if (weights) {
    output(g, 'd_norm', weightGradient(), [config.hiddenSize]);
    output(g, 'states', states, ['chosen', config.hiddenSize]);
    output(g, 'd_head', linearWeightVjp(g, states, dOthers), ['outputs', config.hiddenSize]);
  }
  return finish(g, 'log-probs-vjp');
}

/** As `logitsProgram`, with `d_logits` [M, V] → `d_chosen` [M, d] */
export function logitsVjpProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const { g } = head;
  const chosen = head.chosen();
  const dLogits = g.input('d_logits', 'float32', ['chosen', 'outputs']);
  const { dx } = head.normVjp(chosen, g.op('Gemm', [dLogits, head.head()]));
  output(g, 'd_chosen', dx, ['chosen', config.hiddenSize]);
  return finish(g, 'logits-vjp');
}

/** `x` [N, d] → `normed` */
export function normProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const x = head.g.input('x', 'float32', ['positions', config.hiddenSize]);
  output(head.g, 'normed', head.normed(x), ['positions', config.hiddenSize]);
  return finish(head.g, 'norm');
}

/** `x` and `d_normed` [N, d] → `d_x` */
export function normVjpProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const [x, dy] = ['x', 'd_normed'].map((name) =>
    head.g.input(name, 'float32', ['positions', config.hiddenSize]),
  );
  output(head.g, 'd_x', head.normVjp(x!, dy!).dx, ['positions', config.hiddenSize]);
  return finish(head.g, 'norm-vjp');
}

/** `placed` [N, d]: the rows of `chosen` [M, d] at the positions that `selection` [M, N], ones and zeros, says. */
export function placeProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const chosen = g.input('chosen', 'float32', ['chosen', hiddenSize]);
  const selection = g.input('selection', 'float32', ['chosen', 'positions']);
  output(g, 'placed', linearWeightVjp(g, chosen, selection), ['positions', hiddenSize]);
  return finish(g, 'place');
}

/** `x` [N, d] at `at` [M], `table` [V, d] → `products` [M, V], x · tableᵀ. */
export function productsProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['positions', hiddenSize]);
  const rows = g.op('Gather', [x, g.input('at', 'int64', ['chosen'])]);
  const table = g.input('table', 'float32', ['vocabulary', hiddenSize]);
  output(g, 'products', linear(g, rows, table), ['chosen', 'vocabulary']);
  return finish(g, 'products');
}

/**
 * `cache` [B, K, T, D] → `cut`: its rows `which` [B'], positions [from, to) followed by `more` empty ones; `from`, `to`
 * and `more` are [1].
 */
export function cutProgram({ kvHeads, headDim }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const cache = g.input('cache', 'float32', ['rows', kvHeads, 'total', headDim]);
  const which = g.input('which', 'int64', ['kept']);
  const [from, to, more] = ['from', 'to', 'more'].map((name) => g.input(name, 'int64', [1])) as [
    string,
    string,
    string,
  ];
  const kept = g.op('Gather', [g.op('Slice', [cache, from, to, g.ints([2])]), which]);
  const concat = (parts: readonly string[], axis: number) =>
    g.op('Concat', parts, { attributes: { axis: { int: axis } } });
  const sides = g.op('Slice', [g.op('Shape', [kept]), g.ints([0]), g.ints([2])]);
  const empty = g.op('Expand', [g.scalar(0), concat([sides, more, g.ints([headDim])], 0)]);
  output(g, 'cut', concat([kept, empty], 2), ['kept', kvHeads, 'length', headDim]);
  return finish(g, 'cut');
}

/** `a` + `b`, [N, d] → `sum` */
export function addProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const [a, b] = ['a', 'b'].map((name) => g.input(name, 'float32', ['positions', hiddenSize])) as [
    string,
    string,
  ];
  output(g, 'sum', g.op('Add', [a, b]), ['positions', hiddenSize]);
  return finish(g, 'add');
}

/** `x` [N, d] · `factor` [1] → `product` */
export function scaleProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['positions', hiddenSize]);
  output(g, 'product', g.op('Mul', [x, g.input('factor', 'float32', [1])]), ['positions', hiddenSize]);
  return finish(g, 'scale');
}
