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
  const isSmall = models.every(isSmallModel);
  if (kind !== 'wasm' || !isSmall || models.some(({ source }) => source.kind === 'endpoint')) return 1;
  if (wish !== 'auto') return Math.max(1, Math.min(wish, mostWorkers));
  const fitting = memoryBytes === null ? cores : Math.floor(memoryBytes / 2 / memoryFor(models, 1)!);
  return Math.max(1, Math.min(cores, fitting, mostWorkers));
}

/** True if a run of the model can be shared by several workers, and the model is loaded in a moment. */
export function isSmallModel(model: ModelEntry): boolean {
  const parameters = parametersOf(model);
  return parameters !== null && parameters < mostParameters;
}

/**
 * What a large model takes beside its weights, in copies that loading makes. Measured on WASM with weights in half
 * precision (docs/catalogue-and-fit.md); less on a GPU.
 */
const bytesPerParameterOfLarge = 6;

/** Of all workers together, about; `null` if the size of a model is unknown. A model behind a server takes none here. */
export function memoryFor(models: readonly ModelEntry[], workers: number): number | null {
  let each = engineBytes;
  for (const model of models) {
    if (model.source.kind === 'endpoint') continue;
    const parameters = parametersOf(model);
    if (parameters === null) return null;
    each += parameters * (isSmallModel(model) ? bytesPerParameter : bytesPerParameterOfLarge);
  }
  return workers * each;
}
