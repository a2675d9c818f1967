/** @file How many workers compute a run. */
import { parametersOf } from '../plan/model-size.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import type { DeviceKind } from '../records/run.ts';

/** What a user wishes. */
export type WorkersWish = number | 'auto';

/** A model with more parameters is computed by the threads of one worker: two such models at once gain nothing. */
const mostParameters = 2e7;

/** Most that are ever started, whatever is wished. */
export const mostWorkers = 16;

/** Bytes that an engine needs beside its models, and that one parameter needs: weights, a copy for gradients, buffers. */
const engineBytes = 3e8;
const bytesPerParameter = 16;

export interface PoolFacts {
  readonly kind: DeviceKind;
  readonly cores: number;
  /** Of the device; `null` where the browser does not say. */
  readonly memoryBytes: number | null;
}

/** @returns 1 where one worker does best: on a GPU, for a large model, for one whose size is unknown, and for a server */
export function workersFor(
  models: readonly ModelEntry[],
  { kind, cores, memoryBytes }: PoolFacts,
  wish: WorkersWish = 'auto',
): number {
  const sizes = models.map(parametersOf);
  const isSmall = sizes.every((size) => size !== null && size < mostParameters);
  if (kind !== 'wasm' || !isSmall || models.some(({ source }) => source.kind === 'endpoint')) return 1;
  if (wish !== 'auto') return Math.max(1, Math.min(wish, mostWorkers));
  const each = engineBytes + bytesPerParameter * sizes.reduce<number>((sum, size) => sum + size!, 0);
  const fitting = memoryBytes === null ? cores : Math.floor(memoryBytes / 2 / each);
  return Math.max(1, Math.min(cores, fitting, mostWorkers));
}
