/** @file One prompt through the layers, for what is looked at between them. */
import { Scope, type DeviceArray } from '../../arrays/array-device.ts';
import type { Abortable } from '../../language-model.ts';
import { disposeCaches } from './caches.ts';
import { causalPlaces } from './context.ts';
import { checkPositions, checkPrompt, lookUp, Pace, readLayers, type Engine } from './engine.ts';

type Watch = Pick<Parameters<typeof readLayers>[3], 'onInput' | 'onShares'>;

/**
 * @param look says what to watch, and what comes of it from the output of the last layer, which it is lent
 * @throws RangeError for a position outside of the prompt
 */
export async function throughLayers<T>(
  engine: Engine,
  prompt: readonly number[],
  positions: readonly number[],
  options: Abortable,
  look: (scope: Scope) => { readonly watch: Watch; readonly result: (last: DeviceArray) => T | Promise<T> },
): Promise<T> {
  checkPrompt(engine, prompt);
  checkPositions(prompt, positions);
  const { device, config } = engine;
  return Scope.with(async (scope) => {
    const { watch, result } = look(scope);
    const places = causalPlaces(device, scope, config, { rows: 1, length: prompt.length, start: 0 });
    const given = { pace: new Pace(options), ...watch };
    const { x, caches } = await readLayers(engine, await lookUp(engine, prompt), places, given);
    disposeCaches(caches);
    return result(scope.own(x));
  });
}
