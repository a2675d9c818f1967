/** @file What the head makes of the residual stream between layers. */
import { logSoftmax } from '../../decoding/sampler.ts';
import { Scope, type DeviceArray } from '../../arrays/array-device.ts';
import type { Abortable } from '../../language-model.ts';
import { disposeCaches } from './caches.ts';
import { causalPlaces } from './context.ts';
import { checkPositions, checkPrompt, lookUp, Pace, readLayers, type Engine } from './engine.ts';

/** @returns as `layerLogProbs` of the contract @throws RangeError for a position outside of the prompt */
export async function layerLogProbs(
  engine: Engine,
  prompt: readonly number[],
  positions: readonly number[],
  options: Abortable = {},
): Promise<readonly (readonly Float32Array[])[]> {
  checkPrompt(engine, prompt);
  checkPositions(prompt, positions);
  const { device, programs, weights, config, limits } = engine;
  const { norm, head } = weights;
  return Scope.with(async (scope) => {
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
    const places = causalPlaces(device, scope, config, { rows: 1, length: prompt.length, start: 0 });
    const onInput = async (x: DeviceArray) => void layers.push(await read(x));
    const given = { pace: new Pace(options), onInput };
    const { x, caches } = await readLayers(engine, await lookUp(engine, prompt), places, given);
    disposeCaches(caches);
    return [...layers, await read(scope.own(x))];
  });
}
