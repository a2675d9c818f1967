/**
 * @file The Llama family written a second time, in float64 and plain loops, as the oracle of the runtimes' tests.
 * Follows transformers' modeling_llama.py / modeling_qwen2.py / modeling_qwen3.py / modeling_gemma3.py; shares no code with src/.
 */
import type { LlamaConfig } from '../../../src/models/llama.ts';
import type { Tensors } from '../../../src/models/safetensors.ts';

export interface ReferenceForward {
  /** Next-token logits of each position, [L][V]; for a classifier those of its labels. */
  readonly logits: Float64Array[];
  /** The residual stream at each layer boundary (embedding first; the last entry is before the final norm), [layers + 1][L][d]. */
  readonly hidden: Float64Array[][];
  /** What each position takes from those up to it, [layers][heads][L][≤ L]. */
  readonly shares: number[][][][];
}

/** Replace the embedding of position `index`, or edit the residual stream after layer `layer` (0 = embedding). */
export interface ReferenceEdits {
  readonly embeddings?: ReadonlyMap<number, ArrayLike<number>>;
  readonly residual?: { readonly layer: number; edit(state: Float64Array, position: number): void };
}

export function referenceForward(
  config: LlamaConfig,
  weights: Tensors,
  ids: readonly number[],
  edits: ReferenceEdits = {},
): ReferenceForward {
  const weight = (name: string): Float32Array => {
    const tensor = weights.get(name);
    if (!tensor) throw new Error(`no weight ${name}`);
    return tensor.data;
  };
  const { hiddenSize: d, headDim: D, heads, kvHeads } = config;
  const gemma = config.modelType === 'gemma3_text';

  const linear = (name: string, x: Float64Array): Float64Array => {
    const w = weight(`${name}.weight`);
    const bias = weights.get(`${name}.bias`)?.data;
    const out = new Float64Array(w.length / x.length);
    for (let o = 0; o < out.length; o++) {
      let sum = bias ? bias[o]! : 0;
      for (let i = 0; i < x.length; i++) sum += w[o * x.length + i]! * x[i]!;
      out[o] = sum;
    }
    return out;
  };
  const norm = (name: string, x: Float64Array): Float64Array => {
    const w = weight(name);
    let square = 0;
    for (const value of x) square += value * value;
    const scale = 1 / Math.sqrt(square / x.length + config.rmsNormEps);
    return x.map((value, i) => value * scale * (gemma ? 1 + w[i]! : w[i]!));
  };
  const rotate = (x: Float64Array, position: number, rope: LlamaConfig['rope']): Float64Array =>
    x.map((value, i) => {
      const pair = i % (D / 2);
      const angle = position * scaled(1 / rope.theta ** ((2 * pair) / D), pair, rope.scaling);
      const other = i < D / 2 ? -x[i + D / 2]! : x[i - D / 2]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  const headOf = (x: Float64Array, head: number) => x.slice(head * D, (head + 1) * D);

  let stream = ids.map((id, position) => {
    const override = edits.embeddings?.get(position);
    if (override) return Float64Array.from(override);
    return Float64Array.from(weight('model.embed_tokens.weight').subarray(id * d, (id + 1) * d));
  });
  if (gemma) stream = stream.map((x) => x.map((value) => value * Math.fround(d ** 0.5)));
  const hidden: Float64Array[][] = [];
  const boundary = (layer: number) => {
    if (edits.residual?.layer === layer)
      stream.forEach((state, position) => edits.residual!.edit(state, position));
    hidden.push(stream.map((state) => state.slice()));
  };
  boundary(0);
  const shares: number[][][][] = [];

  for (let n = 0; n < config.layers; n++) {
    const at = (name: string) => `model.layers.${n}.${name}`;
    const slides = config.sliding !== null && config.sliding.layers.includes(n);
    const rope = slides ? config.sliding!.rope : config.rope;
    const normed = stream.map((x) => norm(at('input_layernorm.weight'), x));
    const prepare = (projection: string, count: number, normName: string | null) =>
      normed.map((x, position) => {
        const all = linear(at(`self_attn.${projection}`), x);
        return Array.from({ length: count }, (_, h) => {
          const part = headOf(all, h);
          if (normName === null) return part;
          return rotate(
            config.queryKeyNorm ? norm(at(`self_attn.${normName}.weight`), part) : part,
            position,
            rope,
          );
        });
      });
    const q = prepare('q_proj', heads, 'q_norm');
    const k = prepare('k_proj', kvHeads, 'k_norm');
    const v = prepare('v_proj', kvHeads, null);
    const ofLayer: number[][][] = Array.from({ length: heads }, () => []);
    shares.push(ofLayer);
    const mixed = normed.map((_, t) => {
      const out = new Float64Array(heads * D);
      for (let h = 0; h < heads; h++) {
        const shared = Math.floor((h * kvHeads) / heads);
        const scores = [];
        for (let s = 0; s <= t; s++) {
          let dot = 0;
          for (let i = 0; i < D; i++) dot += q[t]![h]![i]! * k[s]![shared]![i]!;
          const outside = slides && s <= t - config.sliding!.window;
          scores.push(outside ? -Infinity : dot / Math.sqrt(config.queryPreAttentionScalar ?? D));
        }
        const top = Math.max(...scores);
        const exps = scores.map((score) => Math.exp(score - top));
        const total = exps.reduce((a, b) => a + b, 0);
        ofLayer[h]!.push(exps.map((value) => value / total));
        for (let s = 0; s <= t; s++)
          for (let i = 0; i < D; i++) out[h * D + i]! += (exps[s]! / total) * v[s]![shared]![i]!;
      }
      const projected = linear(at('self_attn.o_proj'), out);
      return gemma ? norm(at('post_attention_layernorm.weight'), projected) : projected;
    });
    stream = stream.map((x, t) => x.map((value, i) => value + mixed[t]![i]!));
    stream = stream.map((x) => {
      const inner = norm(at(`${gemma ? 'pre_feedforward' : 'post_attention'}_layernorm.weight`), x);
      const gate = linear(at('mlp.gate_proj'), inner);
      const up = linear(at('mlp.up_proj'), inner);
      const act = (g: number) =>
        gemma
          ? 0.5 * g * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (g + 0.044715 * g ** 3)))
          : g / (1 + Math.exp(-g));
      const down = linear(
        at('mlp.down_proj'),
        gate.map((g, i) => act(g) * up[i]!),
      );
      const fed = gemma ? norm(at('post_feedforward_layernorm.weight'), down) : down;
      return x.map((value, i) => value + fed[i]!);
    });
    boundary(n + 1);
  }
  const head = config.labels ? 'score' : config.tieWordEmbeddings ? 'model.embed_tokens' : 'lm_head';
  const logits = stream.map((x) => linear(head, norm('model.norm.weight', x)));
  return { logits, hidden, shares };
}

/** A rotary frequency as modeling_rope_utils.py scales it. */
function scaled(frequency: number, pair: number, scaling: LlamaConfig['rope']['scaling']): number {
  switch (scaling?.kind) {
    case 'linear':
      return frequency / scaling.factor;
    case 'factors':
      return frequency / scaling.factors[pair]!;
    case 'llama3': {
      const { factor, lowFrequencyFactor, highFrequencyFactor, originalPositions } = scaling;
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength < originalPositions / highFrequencyFactor) return frequency;
      if (wavelength > originalPositions / lowFrequencyFactor) return frequency / factor;
      const smooth =
        (originalPositions / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
      return ((1 - smooth) * frequency) / factor + smooth * frequency;
    }
    default:
      return frequency;
  }
}

/** Log-softmax in float64. */
export function referenceLogSoftmax(logits: Float64Array): Float64Array {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - top);
  return logits.map((value) => value - top - Math.log(sum));
}

/** log p(target[t] | prompt, target[0..t)) for each t. */
export function referenceLogProbs(
  config: LlamaConfig,
  weights: Tensors,
  prompt: readonly number[],
  target: readonly number[],
  edits: ReferenceEdits = {},
): number[] {
  const { logits } = referenceForward(config, weights, [...prompt, ...target], edits);
  return target.map((id, t) => referenceLogSoftmax(logits[prompt.length - 1 + t]!)[id]!);
}
