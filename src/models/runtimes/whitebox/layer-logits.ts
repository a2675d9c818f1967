/** @file What the head makes of the residual stream between layers. */
import { logSoftmax } from '../../decoding/sampler.ts';
import type { DeviceArray } from '../../arrays/array-device.ts';
import type { Abortable } from '../../language-model.ts';
import type { Engine } from './engine.ts';
import { throughLayers } from './prompt-layers.ts';

/** @returns as `layerLogProbs` of the contract @throws RangeError for a position outside of the prompt */
export async function layerLogProbs(
  engine: Engine,
  prompt: readonly number[],
  positions: readonly number[],
  options: Abortable = {},
): Promise<readonly (readonly Float32Array[])[]> {
  const { device, programs, weights, config, limits } = engine;
  const { norm, head } = weights;
  return throughLayers(engine, prompt, positions, options, (scope) => {
    const at = scope.own(device.uploadInts([positions.length], [...positions]));
    const read = async (x: DeviceArray) => {
      const { logits } = await programs.get('logits').run({ x, at, norm, head });
      const values = await device.read(logits!);
      logits!.dispose();
      return positions.map((_, i) =>
        logSoftmax(values.subarray(i * config.vocabSize, i * config.vocabSize + limits.vocabSize)),
      );
    };
    const layers: (readonly Float32Array[])[] = [];
    return {
      watch: { onInput: async (x) => void layers.push(await read(x)) },
      result: async (last) => [...layers, await read(last)],
    };
  });
}
