/**
 * @file Low-rank adapters on a device: their first values, and how the layers take them.
 * @see https://arxiv.org/abs/2106.09685 (LoRA)
 */
import { createRandom } from '../../../core/random.ts';
import type { ArrayDevice, DeviceArray, NamedArrays } from '../../arrays/array-device.ts';
import type { Tensor } from '../../language-model.ts';
import { weightShapes } from '../../llama-weights.ts';
import type { LlamaConfig } from '../../llama.ts';
import { projections, type Projection } from '../../projections.ts';
import type { Tensors } from '../../safetensors.ts';
import type { LayerAdapters } from './engine.ts';

export interface AdapterOptions {
  readonly rank: number;
  /** What the adapter gives is multiplied by alpha / rank. */
  readonly alpha: number;
  /** Linear layers that get one. Default: all. */
  readonly projections?: readonly Projection[];
  /** Of the first values. Default: `'adapters'`. */
  readonly seed?: string;
}

const prefixOf = (layer: number, projection: Projection) => `model.layers.${layer}.${projection}`;

/**
 * A uniform in ±1/√in, which is the default of PEFT, and B zero, so that the model is unchanged. By name, as
 * `model.layers.0.self_attn.q_proj.lora_A.weight`; A is [rank, in], B [out, rank].
 */
export function initAdapters(config: LlamaConfig, options: AdapterOptions): Tensors {
  const { rank, projections: chosen = projections, seed = 'adapters' } = options;
  const random = createRandom(seed);
  const shapes = weightShapes(config);
  const tensors = new Map<string, Tensor>();
  for (let layer = 0; layer < config.layers; layer++)
    for (const projection of chosen) {
      const prefix = prefixOf(layer, projection);
      const [out, inner] = shapes.get(`${prefix}.weight`) as [number, number];
      const name = `${prefix}.lora_A.weight`;
      const stream = random.fork(name);
      const bound = 1 / Math.sqrt(inner);
      const a = Float32Array.from({ length: rank * inner }, () => (2 * stream.next() - 1) * bound);
      tensors.set(name, { shape: [rank, inner], data: a });
      tensors.set(`${prefix}.lora_B.weight`, { shape: [out, rank], data: new Float32Array(out * rank) });
    }
  return tensors;
}

/** @param named as `initAdapters` names them. @param scale [1] */
export function arrangeAdapters(
  config: LlamaConfig,
  options: AdapterOptions,
  named: ReadonlyMap<string, DeviceArray>,
  scale: DeviceArray,
): LayerAdapters {
  const names = new Set(options.projections ?? projections);
  const layers = Array.from({ length: config.layers }, (_, layer): NamedArrays => {
    const own: Record<string, DeviceArray> = { lora_scale: scale };
    for (const projection of names)
      for (const side of ['A', 'B'])
        own[`${projection}.lora_${side}.weight`] = named.get(
          `${prefixOf(layer, projection)}.lora_${side}.weight`,
        )!;
    return own;
  });
  return { names, layers };
}

export const uploadScale = (device: ArrayDevice, { rank, alpha }: AdapterOptions): DeviceArray =>
  device.upload([1], Float32Array.of(alpha / rank));
