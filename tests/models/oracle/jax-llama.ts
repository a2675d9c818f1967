/**
 * @file The Llama family in jax-js, which differentiates it by itself: an oracle that shares neither the engine nor the
 * way back with the product. Shapes: T = positions, d = hidden size, D = head size, H = query heads, K = key/value
 * heads, V = vocabulary size. Every function consumes its arrays, as is usual in jax-js.
 */
import './jax-in-node.ts';
import { defaultDevice, init, numpy as np, valueAndGrad } from '@jax-js/jax';
import { familyOf, queryScale } from '../../../src/models/llama-family.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import type { Tensors } from '../../../src/models/safetensors.ts';

await init('wasm');
defaultDevice('wasm');

/** By Hugging Face name, and `x`, the vectors that enter the first layer before their scale, [T, d]. */
type Arrays = Record<string, np.Array>;

const float32 = (data: ArrayLike<number>, shape: readonly number[]): np.Array =>
  np.array(Float32Array.from(data), { shape: [...shape], dtype: np.float32 });

function rmsNorm(config: LlamaConfig, weight: np.Array, x: np.Array): np.Array {
  const meanSquare = np.mean(x.ref.mul(x.ref), -1, { keepdims: true });
  const gain = weight.add(familyOf(config).normOffset);
  return x.mul(np.reciprocal(np.sqrt(meanSquare.add(config.rmsNormEps)))).mul(gain);
}

/** x: [heads, T, D], at positions 0, 1 … */
function rotate(x: np.Array, theta: number): np.Array {
  const [, length, size] = x.shape as [number, number, number];
  const half = size / 2;
  const angles = Array.from(
    { length: length * size },
    (_, i) => Math.floor(i / size) * theta ** (-(i % half) / half),
  );
  const [first, second] = np.split(x.ref, 2, -1) as [np.Array, np.Array];
  const turned = np.concatenate([second.neg(), first], -1);
  return x
    .mul(float32(angles.map(Math.cos), [length, size]))
    .add(turned.mul(float32(angles.map(Math.sin), [length, size])));
}

function activate(config: LlamaConfig, gate: np.Array): np.Array {
  if (familyOf(config).activation === 'silu') return gate.ref.mul(np.reciprocal(np.exp(gate.neg()).add(1)));
  const cubic = gate.ref.mul(gate.ref).mul(gate.ref).mul(0.044715);
  const inner = gate.ref.add(cubic).mul(Math.sqrt(2 / Math.PI));
  return gate.mul(0.5).mul(np.tanh(inner).add(1));
}

/** One layer. `get` gives a weight, or `undefined` where the family has none. x: [T, d] */
function layer(
  config: LlamaConfig,
  get: (name: string) => np.Array | undefined,
  x: np.Array,
  slides: boolean,
): np.Array {
  const { heads, kvHeads, headDim, sliding } = config;
  const { norms } = familyOf(config);
  const length = x.shape[0]!;
  const project = (name: string, input: np.Array) => {
    const y = np.matmul(input, get(`${name}.weight`)!.transpose());
    const bias = get(`${name}.bias`);
    return bias ? y.add(bias) : y;
  };
  const norm = (name: string | null, input: np.Array) =>
    name === null ? input : rmsNorm(config, get(`${name}.weight`)!, input);
  const byHead = (name: string, input: np.Array, count: number) =>
    project(`self_attn.${name}_proj`, input).reshape([length, count, headDim]).transpose([1, 0, 2]);
  const { theta } = slides ? sliding!.rope : config.rope;
  const turned = (name: 'q' | 'k', input: np.Array, count: number) => {
    const split = byHead(name, input, count);
    return rotate(config.queryKeyNorm ? norm(`self_attn.${name}_norm`, split) : split, theta);
  };
  /** Each key/value head once for every query head that shares it. */
  const shared = (all: np.Array) =>
    np
      .broadcastTo(all.reshape([kvHeads, 1, length, headDim]), [kvHeads, heads / kvHeads, length, headDim])
      .reshape([heads, length, headDim]);

  const normed = norm(norms.beforeAttention, x.ref);
  const q = turned('q', normed.ref, heads).mul(queryScale(config));
  const k = shared(turned('k', normed.ref, kvHeads));
  const v = shared(byHead('v', normed, kvHeads));
  const window = slides ? sliding!.window : length;
  const hidden = Array.from({ length: length * length }, (_, i) => {
    const [query, key] = [Math.floor(i / length), i % length];
    return key <= query && key > query - window ? 0 : -1e9;
  });
  const scores = np.matmul(q, k.transpose([0, 2, 1])).add(float32(hidden, [length, length]));
  const exps = np.exp(scores); // tiny models: no score is large
  const shares = exps.ref.mul(np.reciprocal(np.sum(exps, -1, { keepdims: true })));
  const mixed = np
    .matmul(shares, v)
    .transpose([1, 0, 2])
    .reshape([length, heads * headDim]);
  const middle = x.add(norm(norms.afterAttention, project('self_attn.o_proj', mixed)));
  const inner = norm(norms.beforeFeedForward, middle.ref);
  const gate = activate(config, project('mlp.gate_proj', inner.ref));
  const fed = project('mlp.down_proj', gate.mul(project('mlp.up_proj', inner)));
  return middle.add(norm(norms.afterFeedForward, fed));
}

/** Logits of every position, [T, V]. Borrows `arrays`. */
function forward(config: LlamaConfig, arrays: Arrays): np.Array {
  const scale = familyOf(config).scaledEmbedding ? Math.sqrt(config.hiddenSize) : 1;
  let stream = arrays['x']!.ref.mul(scale);
  for (let n = 0; n < config.layers; n++)
    stream = layer(
      config,
      (name) => arrays[`model.layers.${n}.${name}`]?.ref,
      stream,
      config.sliding?.layers.includes(n) ?? false,
    );
  const normed = rmsNorm(config, arrays['model.norm.weight']!.ref, stream);
  const head = arrays[config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight']!;
  return np.matmul(normed, head.ref.transpose());
}

/** −Σ weight · log p(target) over the positions. Borrows `arrays`. */
function loss(config: LlamaConfig, arrays: Arrays, chosen: np.Array): np.Array {
  const logits = forward(config, arrays);
  const logSums = np.log(np.sum(np.exp(logits.ref), -1, { keepdims: true }));
  return np.sum(logits.sub(logSums).mul(chosen)).neg();
}

export interface OracleAnswer {
  /** [T, V] */
  readonly logits: Float32Array;
  readonly loss: number;
  /** By Hugging Face name, and `x`: of the embeddings of the tokens, [T, d]. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/**
 * Reads `ids`. @param targets by position: the token after it, and its weight in the loss
 * The gradient of a tied embedding holds what comes to it as the head and as a table.
 */
export function askOracle(
  config: LlamaConfig,
  weights: Tensors,
  ids: readonly number[],
  targets: ReadonlyMap<number, { readonly target: number; readonly weight: number }>,
): OracleAnswer {
  const { hiddenSize, vocabSize } = config;
  const table = weights.get('model.embed_tokens.weight')!.data;
  const rows = ids.flatMap((id) => [...table.subarray(id * hiddenSize, (id + 1) * hiddenSize)]);
  const arrays: Arrays = { x: float32(rows, [ids.length, hiddenSize]) };
  for (const [name, { shape, data }] of weights) arrays[name] = float32(data, shape);
  const weightOf = new Float32Array(ids.length * vocabSize);
  for (const [at, { target, weight }] of targets) weightOf[at * vocabSize + target] = weight;
  const chosen = float32(weightOf, [ids.length, vocabSize]);

  const logits = forward(config, arrays).dataSync() as Float32Array;
  const [value, found] = valueAndGrad((given: Arrays) => loss(config, given, chosen.ref))(arrays) as [
    np.Array,
    Arrays,
  ];
  const gradients = new Map(
    Object.entries(found).map(([name, array]) => [name, array.dataSync() as Float32Array]),
  );
  const ofInput = gradients.get('x')!;
  const ofTable = gradients.get('model.embed_tokens.weight')!;
  ids.forEach((id, at) => {
    for (let j = 0; j < hiddenSize; j++) ofTable[id * hiddenSize + j]! += ofInput[at * hiddenSize + j]!;
  });
  return { logits, loss: (value.dataSync() as Float32Array)[0]!, gradients };
}
