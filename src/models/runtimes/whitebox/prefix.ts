/** @file The beginning that many requests share is read once, and kept from one call to the next. */
import { Scope, type DeviceArray } from '../../arrays/array-device.ts';
import { disposeCaches, type KeyValues } from './caches.ts';
import { causalPlaces } from './context.ts';
import { lookUp, readLayers, type Engine, type Pace } from './engine.ts';

/** A shorter beginning is not worth a pass of its own. */
export const minPrefixLength = 8;

/**
 * Run `work` with the keys and values of `ids`, by layer, one row each; `null` for no ids. They are lent.
 * @param ids none, or `minPrefixLength` and more
 */
export async function withPrefix<T>(
  engine: Engine,
  ids: readonly number[],
  pace: Pace,
  work: (past: readonly KeyValues[] | null) => Promise<T>,
): Promise<T> {
  const { prefix } = engine;
  if (ids.length === 0) return work(null);
  return prefix.alone(async () => {
    if (sharedLength(prefix.ids, ids) < ids.length) prefix.replace(ids, await readCaches(engine, ids, pace));
    if (prefix.ids.length === ids.length) return work(prefix.caches);
    const cut = await cutCaches(engine, prefix.caches, { rows: [0], to: ids.length });
    try {
      return await work(cut);
    } finally {
      disposeCaches(cut);
    }
  });
}

const readCaches = (engine: Engine, ids: readonly number[], pace: Pace): Promise<KeyValues[]> =>
  Scope.with(async (scope) => {
    const shape = { rows: 1, length: ids.length, start: 0 };
    const places = causalPlaces(engine.device, scope, engine.config, shape);
    const { x, caches } = await readLayers(engine, await lookUp(engine, ids), places, { pace });
    x.dispose();
    return caches;
  });

/** How many leading ids two sequences share. */
export function sharedLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}

/** Copies of some rows of caches, cut to positions [0, to) and followed by `more` empty ones. The caller owns them. */
export async function cutCaches(
  { device, programs }: Pick<Engine, 'device' | 'programs'>,
  caches: readonly KeyValues[],
  { rows, to, more = 0 }: { readonly rows: readonly number[]; readonly to: number; readonly more?: number },
): Promise<KeyValues[]> {
  return Scope.with(async (scope) => {
    const ints = (values: readonly number[]) => scope.own(device.uploadInts([values.length], values));
    const given = { which: ints(rows), from: ints([0]), to: ints([to]), more: ints([more]) };
    const cut = async (cache: DeviceArray) => (await programs.get('cut').run({ ...given, cache }))['cut']!;
    const done: KeyValues[] = [];
    for (const { k, v } of caches) done.push({ k: await cut(k), v: await cut(v) });
    return done;
  });
}
