/** @file What each position takes from those before it, head by head. */
import type { DeviceArray } from '../../arrays/array-device.ts';
import type { Abortable } from '../../language-model.ts';
import type { Engine } from './engine.ts';
import { throughLayers } from './prompt-layers.ts';

/** @returns as `attention` of the contract @throws RangeError for a position outside of the prompt */
export async function attention(
  engine: Engine,
  prompt: readonly number[],
  positions: readonly number[],
  options: Abortable = {},
): Promise<readonly (readonly Float32Array[])[]> {
  const { device, config } = engine;
  const length = prompt.length;
  const layers: Float32Array[][] = [];
  // Heads that share keys are rows of one matrix, so that a layer's values are [H, L, L] in the order of the heads.
  const onShares = async (shares: DeviceArray) => {
    const values = await device.read(shares);
    layers.push(
      positions.map((at) => {
        const rows = new Float32Array(config.heads * length);
        for (let head = 0; head < config.heads; head++) {
          const start = (head * length + at) * length;
          rows.set(values.subarray(start, start + length), head * length);
        }
        return rows;
      }),
    );
  };
  const look = () => ({ watch: { onShares }, result: () => layers });
  return throughLayers(engine, prompt, positions, options, look);
}
