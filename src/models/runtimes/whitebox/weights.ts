/** @file The weights of a model on its device, once, as the programs take them. */
import type { ArrayDevice, DeviceArray, NamedArrays } from '../../arrays/array-device.ts';
import { weightShapes } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import type { Tensor } from '../../language-model.ts';
import type { Tensors } from '../../safetensors.ts';
import { relaid } from './layout.ts';

export interface DeviceWeights {
  /** By Hugging Face name, in file order. */
  readonly named: ReadonlyMap<string, DeviceArray>;
  /** The same arrays layer by layer, under their names in the layer: `self_attn.q_proj.weight` and so on. */
  readonly layers: readonly NamedArrays[];
  /** [V, d] */
  readonly embedding: DeviceArray;
  /** [d] */
  readonly norm: DeviceArray;
  /** [V, d], which may be the embedding; of a classifier [labels, d]. */
  readonly head: DeviceArray;
}

const layerName = /^model\.layers\.(\d+)\.(.+)$/;

export function arrangeWeights(config: LlamaConfig, named: ReadonlyMap<string, DeviceArray>): DeviceWeights {
  const layers = Array.from({ length: config.layers }, (): Record<string, DeviceArray> => ({}));
  for (const [name, array] of named) {
    const [, layer, local] = layerName.exec(name) ?? [];
    if (layer !== undefined) layers[Number(layer)]![local!] = array;
  }
  const embedding = named.get('model.embed_tokens.weight')!;
  const head = named.get('score.weight') ?? named.get('lm_head.weight') ?? embedding;
  return { named, layers, embedding, norm: named.get('model.norm.weight')!, head };
}

/** A copy as it lies on the device. */
export function uploadTensor(device: ArrayDevice, name: string, tensor: Tensor): DeviceArray {
  const { shape, data } = relaid(name, tensor);
  return device.upload(shape, data);
}

/** Copies of `tensors`, by name. */
export function uploadTensors(device: ArrayDevice, tensors: Tensors): ReadonlyMap<string, DeviceArray> {
  const named = new Map<string, DeviceArray>();
  for (const [name, tensor] of tensors) named.set(name, uploadTensor(device, name, tensor));
  return named;
}

/** Copies `tensors`, which must be what `checkWeights` returned. */
export const uploadWeights = (device: ArrayDevice, config: LlamaConfig, tensors: Tensors): DeviceWeights =>
  arrangeWeights(config, uploadTensors(device, tensors));

/** Copies by Hugging Face name, in file order. */
export async function downloadWeights(
  device: ArrayDevice,
  config: LlamaConfig,
  { named }: DeviceWeights,
): Promise<Tensors> {
  const tensors = new Map<string, Tensor>();
  for (const name of weightShapes(config).keys()) {
    const array = named.get(name)!;
    tensors.set(name, relaid(name, { shape: array.shape, data: await device.read(array) }));
  }
  return tensors;
}

export function disposeWeights({ named }: DeviceWeights): void {
  for (const array of named.values()) array.dispose();
}
