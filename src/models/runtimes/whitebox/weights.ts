/** @file Weights on the device, grouped as the compiled programs expect them. */
import { numpy as np, tree } from '@jax-js/jax';
import { weightShapes } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensors } from '../../safetensors.ts';
import type { Arrays } from './forward.ts';

/** Trees of the same shape list their leaves in the same order, which is that of these fields and of the file. */
export interface DeviceWeights extends Record<string, np.Array | Arrays | Arrays[]> {
  /** By the names within a layer: `self_attn.q_proj.weight` and so on. */
  layers: Arrays[];
  /** `norm`, and `head` (the score head of a classifier) unless it is the embedding. */
  final: Arrays;
  /** [V, d] */
  embedding: np.Array;
}

const layerName = /^model\.layers\.(\d+)\.(.+)$/;

/** Group and key of a Hugging Face name. */
function place(weights: DeviceWeights, name: string): [group: Arrays, key: string] {
  const [, index, local] = layerName.exec(name) ?? [];
  if (index !== undefined) return [weights.layers[Number(index)]!, local!];
  if (name === 'model.norm.weight') return [weights.final, 'norm'];
  if (name === 'lm_head.weight' || name === 'score.weight') return [weights.final, 'head'];
  return [weights as unknown as Arrays, 'embedding'];
}

/** Copies `tensors`, which must be what `checkWeights` returned, to the default device. */
export function uploadWeights(config: LlamaConfig, tensors: Tensors): DeviceWeights {
  const layers = Array.from({ length: config.layers }, () => ({}));
  const weights = { layers, final: {} } as unknown as DeviceWeights;
  for (const [name, { shape, data }] of tensors) {
    const [group, key] = place(weights, name);
    group[key] = np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });
  }
  return weights;
}

/** Copies by Hugging Face name, in file order. Borrows `weights`. */
export async function downloadWeights(config: LlamaConfig, weights: DeviceWeights): Promise<Tensors> {
  const names = [...weightShapes(config)];
  const data = await Promise.all(
    names.map(([name]) => {
      const [group, key] = place(weights, name);
      return group[key]!.ref.data();
    }),
  );
  return new Map(names.map(([name, shape], i) => [name, { shape, data: data[i] as Float32Array }]));
}

/** Norm and head; the head of a tied model is its embedding. The caller owns the references. */
export const finalOf = ({ embedding, final }: DeviceWeights): { norm: np.Array; head: np.Array } => ({
  norm: final['norm']!.ref,
  head: (final['head'] ?? embedding).ref,
});

/** Frees the arrays. */
export const disposeWeights = (weights: DeviceWeights): void => tree.dispose(weights);
