/** @file The worker's calls on models that the user brought: each works on the store, where the browser has one. */
import { LabError, outcomeOf, type Outcome } from '../../core/errors.ts';
import type { ComputeDevice } from '../../models/compute-device.ts';
import type { HubModels } from '../models/hub-models.ts';
import type { ModelStore } from '../models/model-store.ts';
import type { LabApi } from './api.ts';
import { relay } from './batches.ts';

type ModelCalls = Pick<
  LabApi,
  | 'importModel'
  | 'downloadHubModel'
  | 'importHubModel'
  | 'storedModels'
  | 'verifyModel'
  | 'renameModel'
  | 'pinModel'
  | 'exportModel'
  | 'removeModel'
>;

/** @throws LabError 'storage-unavailable' without a store */
export function storeOf(store: ModelStore | undefined): ModelStore {
  if (store) return store;
  throw cannotStore();
}

const cannotStore = () =>
  new LabError('storage-unavailable', 'Models cannot be stored here.', {
    advice: 'Open the lab in a browser that stores files for sites.',
  });

/** Where models are kept, and where they come from; `undefined` where the browser has no such place. */
export interface ModelPlaces {
  readonly modelStore?: ModelStore | undefined;
  readonly hubModels?: HubModels | undefined;
}

/**
 * @param stoppable makes a call that `cancel` can reach under its id
 * @param device that models are computed on
 * @param forget gives back the memory of a model
 */
export function modelCalls(
  { modelStore: store, hubModels }: ModelPlaces,
  stoppable: <T>(callId: string, work: (signal: AbortSignal) => Promise<T>) => Promise<Outcome<T>>,
  device: () => Promise<ComputeDevice>,
  forget: (id: string) => void,
): ModelCalls {
  const hub = (): HubModels => {
    if (hubModels) return hubModels;
    throw cannotStore();
  };
  return {
    importModel: (callId, files, dtype, onProgress, fourBit) =>
      stoppable(callId, async (signal) => {
        const progress = relay(onProgress);
        const options = { dtype, fourBit, device: await device(), signal, onProgress: progress.send };
        const stored = await storeOf(store).import(files, options);
        await progress.settled();
        return stored;
      }),
    downloadHubModel: (callId, files, onProgress) =>
      stoppable(callId, async (signal) => {
        const progress = relay(onProgress);
        await hub().download(files, { signal, onProgress: progress.send });
        await progress.settled();
      }),
    importHubModel: (callId, files, onProgress) =>
      stoppable(callId, async (signal) => {
        const progress = relay(onProgress);
        const options = { device: await device(), signal, onProgress: progress.send };
        const stored = await hub().import(files, options);
        await progress.settled();
        return stored;
      }),
    storedModels: () => outcomeOf(async () => (await store?.list()) ?? []),
    verifyModel: (id) => outcomeOf(async () => storeOf(store).verify(id)),
    renameModel: (id, title) => outcomeOf(async () => storeOf(store).rename(id, title)),
    pinModel: (id, pinned) => outcomeOf(async () => storeOf(store).pin(id, pinned)),
    exportModel: (id) => outcomeOf(async () => storeOf(store).exported(id)),
    removeModel: (id) =>
      outcomeOf(async () => {
        await storeOf(store).remove(id);
        forget(id);
      }),
  };
}
