/** @file The weights of a Llama-family model by their Hugging Face names: shapes, checks and initial values. */
import { LabError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { allFinite } from '../core/vectors.ts';
import { familyOf } from './llama-family.ts';
import type { LlamaConfig } from './llama.ts';
import type { Tensor } from './language-model.ts';
import type { Tensors } from './safetensors.ts';

/** Hugging Face weight names and shapes, in file order. Matrices are [out, in]. */
export function weightShapes(config: LlamaConfig): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize: d, intermediateSize: ffn, vocabSize, headDim, attentionBias } = config;
  const { norms } = familyOf(config);
  const queries = config.heads * headDim;
  const keys = config.kvHeads * headDim;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [vocabSize, d]]]);
  for (let n = 0; n < config.layers; n++) {
    const set = (name: string, shape: readonly number[]) => shapes.set(`model.layers.${n}.${name}`, shape);
    set(`${norms.beforeAttention}.weight`, [d]);
    set('self_attn.q_proj.weight', [queries, d]);
    set('self_attn.k_proj.weight', [keys, d]);
    set('self_attn.v_proj.weight', [keys, d]);
    set('self_attn.o_proj.weight', [d, queries]);
    if (attentionBias !== 'none') {
      set('self_attn.q_proj.bias', [queries]);
      set('self_attn.k_proj.bias', [keys]);
      set('self_attn.v_proj.bias', [keys]);
    }
    if (attentionBias === 'qkvo') set('self_attn.o_proj.bias', [d]);
    if (config.queryKeyNorm) {
      set('self_attn.q_norm.weight', [headDim]);
      set('self_attn.k_norm.weight', [headDim]);
    }
    if (norms.afterAttention) set(`${norms.afterAttention}.weight`, [d]);
    set(`${norms.beforeFeedForward}.weight`, [d]);
    set('mlp.gate_proj.weight', [ffn, d]);
    set('mlp.up_proj.weight', [ffn, d]);
    set('mlp.down_proj.weight', [d, ffn]);
    if (norms.afterFeedForward) set(`${norms.afterFeedForward}.weight`, [d]);
  }
  shapes.set('model.norm.weight', [d]);
  if (config.labels) shapes.set('score.weight', [config.labels.length, d]);
  else if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [vocabSize, d]);
  return shapes;
}

export function parameterCount(config: LlamaConfig): number {
  let total = 0;
  for (const shape of weightShapes(config).values()) total += shape.reduce((a, b) => a * b, 1);
  return total;
}

const advice = 'Check that config.json and the weights belong to the same checkpoint.';

/** @throws LabError 'bad-model' if a weight has another shape than `config` calls for */
export function checkShape(name: string, shape: readonly number[], wanted: readonly number[]): void {
  if (shape.length === wanted.length && shape.every((length, i) => length === wanted[i])) return;
  throw new LabError(
    'bad-model',
    `Weight "${name}" has shape [${shape.join(', ')}], but config.json asks for [${wanted.join(', ')}].`,
    { advice },
  );
}

/** @throws LabError 'bad-model' if a weight is not made of numbers */
export function checkNumbers(name: string, values: Float32Array): void {
  if (allFinite(values)) return;
  throw new LabError('bad-model', `Weight "${name}" holds values that are not finite numbers.`, {
    advice: 'Fetch the weights again; if that does not help, the checkpoint itself is damaged.',
  });
}

/**
 * Exactly the weights that `config` calls for, in order. Extra tensors (rotary tables, a copy of a tied head)
 * are dropped.
 * @throws LabError 'bad-model' naming the first weight that is missing, has another shape, or is not made of numbers
 */
export function checkWeights(config: LlamaConfig, weights: Tensors): Tensors {
  return new Map(
    [...weightShapes(config)].map(([name, shape]) => {
      const tensor = weights.get(name);
      if (!tensor) throw new LabError('bad-model', `The checkpoint has no weight "${name}".`, { advice });
      checkShape(name, tensor.shape, shape);
      checkNumbers(name, tensor.data);
      return [name, tensor];
    }),
  );
}

/** Projections that write into the residual stream. */
const isResidual = (name: string): boolean => /\.(o_proj|down_proj)\.weight$/.test(name);

/**
 * Fresh weights: norms 1 (together with the family's offset), biases 0, matrices normal with deviation 0.02, and those
 * that write into the residual stream scaled by 1/√(2·layers) as in GPT-2. Each weight has its own stream, so it depends
 * on its name only.
 */
export function initWeights(config: LlamaConfig, rng: Random): Tensors {
  const residualScale = 1 / Math.sqrt(2 * config.layers);
  return new Map(
    [...weightShapes(config)].map(([name, shape]): [string, Tensor] => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (name.endsWith('norm.weight')) data.fill(1 - familyOf(config).normOffset);
      else if (!name.endsWith('.bias')) {
        const stream = rng.fork(name);
        const deviation = 0.02 * (isResidual(name) ? residualScale : 1);
        for (let i = 0; i < data.length; i++) data[i] = stream.normal() * deviation;
      }
      return [name, { shape, data }];
    }),
  );
}
