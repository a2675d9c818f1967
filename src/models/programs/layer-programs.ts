/** @file The graphs of one layer: forwards, forwards for the way back, and backwards. */
import { familyOf } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import { LayerGraph, type ForwardOptions, type Saved } from './layer-graph.ts';
import type { Projection } from '../projections.ts';
import { LayerWeights, type Wanted } from './layer-weights.ts';
import { finish, output, type Bytes } from './program.ts';

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
 * @param attention whether `shares`, [B, K, G·S, T], is an output too; not with `invariant`
 */
export function layerProgram(
  config: LlamaConfig,
  { adapters, cache, invariant, attention }: LayerOptions & ForwardOptions & { readonly attention: boolean },
): Bytes {
  const g = new GraphBuilder();
  const weights = new LayerWeights(g, config, adapters);
  const layer = new LayerGraph(g, config, weights);
  const x = weights.input('x', ['positions', config.hiddenSize]);
  const { out, k, v, shares } = layer.forward(x, { invariant, cache });
  output(g, 'out', out, unknown(2, 'out'));
  output(g, 'k', k, unknown(4, 'k'));
  output(g, 'v', v, unknown(4, 'v'));
  if (attention) output(g, 'shares', shares, unknown(4, 'shares'));
  return finish(g, 'layer');
}

/** As `layerProgram`; its outputs are `out` and all that the backward pass needs besides the input. */
export function savingProgram(config: LlamaConfig, { adapters }: LayerOptions): Bytes {
  const g = new GraphBuilder();
  const weights = new LayerWeights(g, config, adapters);
  const layer = new LayerGraph(g, config, weights);
  const made = layer.forward(weights.input('x', ['positions', config.hiddenSize]), saving);
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
  const weights = new LayerWeights(g, config, adapters);
  const layer = new LayerGraph(g, config, weights);
  const dOut = weights.input('d_out', ['positions', config.hiddenSize]);
  const input = weights.input('input', ['positions', config.hiddenSize]);
  const nothing = { queries: null, keys: null, attended: null, fed: null };
  const given = () =>
    Object.fromEntries(
      [...savedRanks(config)].map(([name, rank]) => [name, weights.input(name, unknown(rank, name))]),
    );
  const saved = recompute ? layer.forward(input, saving) : ({ ...nothing, ...given() } as unknown as Saved);
  output(g, 'd_input', layer.backward(saved, dOut, wanted), unknown(2, 'd_input'));
  for (const [name, value] of weights.gradients)
    output(g, `d:${name}`, value, unknown(/bias$|norm\.weight$/.test(name) ? 1 : 2, `d:${name}`));
  return finish(g, 'layer-backward');
}
