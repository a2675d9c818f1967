/**
 * @file The layers of the Llama family after cached positions, with low-rank adapters, in float64 and plain loops.
 * Shares no code with src/. Shapes: B = rows, S = new positions, P = cached positions, d = hidden size, D = head size.
 */
import type { LlamaConfig } from '../../../src/models/llama.ts';
import { dot, rowsOf, values, type Named, type Values } from './values.ts';

type Vector = Float64Array;

export interface ReferenceOptions {
  readonly rows: number;
  /** Keys and values by layer, [1, K, P, D], which all rows share. */
  readonly past: readonly { readonly k: Values; readonly v: Values }[];
  /** Of the adapters. */
  readonly scale: number;
}

/** @param named the stream `x` [B·S, d], and weights and adapters by their full names. @returns the stream, [B·S, d] */
export function referenceLayers(config: LlamaConfig, named: Named, options: ReferenceOptions): Values {
  const stream = rowsOf(named['x']!);
  const length = stream.length / options.rows;
  const out: Vector[] = [];
  for (let row = 0; row < options.rows; row++) {
    let states = stream.slice(row * length, (row + 1) * length);
    for (let layer = 0; layer < config.layers; layer++)
      states = referenceLayer(config, named, states, layer, options);
    out.push(...states);
  }
  return values(
    named['x']!.shape,
    out.flatMap((state) => [...state]),
  );
}

function referenceLayer(
  config: LlamaConfig,
  named: Named,
  states: readonly Vector[],
  layer: number,
  { past, scale }: ReferenceOptions,
): Vector[] {
  const { headDim, heads, kvHeads } = config;
  const gemma = config.modelType === 'gemma3_text';
  const get = (name: string) => named[`model.layers.${layer}.${name}`];
  const times = ({ data }: Values, x: Vector): Vector => {
    const y = new Float64Array(data.length / x.length);
    for (let at = 0; at < data.length; at++) y[Math.floor(at / x.length)]! += data[at]! * x[at % x.length]!;
    return y;
  };
  const sum = (a: Vector, b: Vector): Vector => a.map((value, i) => value + b[i]!);
  const linear = (name: string, x: Vector): Vector => {
    const y = times(get(`${name}.weight`)!, x);
    const [bias, a, b] = ['bias', 'lora_A.weight', 'lora_B.weight'].map((part) => get(`${name}.${part}`));
    const biased = bias ? sum(y, bias.data) : y;
    return a && b
      ? sum(
          biased,
          times(b, times(a, x)).map((value) => scale * value),
        )
      : biased;
  };
  const norm = (name: string, x: Vector): Vector => {
    const w = get(`${name}.weight`)!.data;
    const root = Math.sqrt(dot(x, x) / x.length + config.rmsNormEps);
    return x.map((value, i) => (value / root) * (gemma ? 1 + w[i]! : w[i]!));
  };
  const slides = config.sliding?.layers.includes(layer) ?? false;
  const { theta } = slides ? config.sliding!.rope : config.rope;
  const rotate = (x: Vector, position: number): Vector =>
    x.map((value, i) => {
      const half = headDim / 2;
      const angle = position * theta ** (-(i % half) / half);
      return value * Math.cos(angle) + (i < half ? -x[i + half]! : x[i - half]!) * Math.sin(angle);
    });
  const split = (x: Vector): Vector[] =>
    Array.from({ length: x.length / headDim }, (_, head) => x.slice(head * headDim, (head + 1) * headDim));

  const cached = past[layer]!.k.shape[2]!;
  const normed = states.map((x) => norm('input_layernorm', x));
  const turned = (side: 'q' | 'k') =>
    normed.map((x, at) =>
      split(linear(`self_attn.${side}_proj`, x)).map((head) =>
        rotate(config.queryKeyNorm ? norm(`self_attn.${side}_norm`, head) : head, cached + at),
      ),
    );
  const [queries, keys] = [turned('q'), turned('k')];
  const own = normed.map((x) => split(linear('self_attn.v_proj', x)));
  const seen = (kept: Values, fresh: readonly Vector[][], head: number): Vector[] => [
    ...rowsOf(kept).slice(head * cached, (head + 1) * cached),
    ...fresh.map((all) => all[head]!),
  ];
  return states.map((x, at) => {
    const mixed = queries[at]!.flatMap((query, h) => {
      const head = Math.floor(h / (heads / kvHeads));
      const scores = seen(past[layer]!.k, keys, head).map((key, t) => {
        const visible = t <= cached + at && (!slides || t > cached + at - config.sliding!.window);
        const score = dot(query, key) / Math.sqrt(config.queryPreAttentionScalar ?? headDim);
        return visible ? score : -Infinity;
      });
      const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const total = shares.reduce((a, b) => a + b);
      const mix = new Float64Array(headDim);
      seen(past[layer]!.v, own, head).forEach((value, t) =>
        value.forEach((part, i) => (mix[i]! += (shares[t]! / total) * part)),
      );
      return [...mix];
    });
    const attended = linear('self_attn.o_proj', Float64Array.from(mixed));
    const middle = sum(x, gemma ? norm('post_attention_layernorm', attended) : attended);
    const inner = norm(gemma ? 'pre_feedforward_layernorm' : 'post_attention_layernorm', middle);
    const up = linear('mlp.up_proj', inner);
    const hidden = linear('mlp.gate_proj', inner).map((gate, i) => {
      const cubic = Math.sqrt(2 / Math.PI) * (gate + 0.044715 * gate ** 3);
      return up[i]! * (gemma ? 0.5 * gate * (1 + Math.tanh(cubic)) : gate / (1 + Math.exp(-gate)));
    });
    const fed = linear('mlp.down_proj', hidden);
    return sum(middle, gemma ? norm('post_feedforward_layernorm', fed) : fed);
  });
}
