/** @file The worker's calls on models that the user brought: each works on the store, where the browser has one. */
import { LabError, outcomeOf, type Outcome } from '../../core/errors.ts';
import type { ModelStore } from '../models/model-store.ts';
import type { LabApi } from './api.ts';
import { relay } from './batches.ts';

type ModelCalls = Pick<
  LabApi,
  'importModel' | 'storedModels' | 'verifyModel' | 'renameModel' | 'pinModel' | 'exportModel' | 'removeModel'
>;

/** @throws LabError 'storage-unavailable' without a store */
export function storeOf(store: ModelStore | undefined): ModelStore {
  if (store) return store;
  throw new LabError('storage-unavailable', 'Models cannot be stored here.', {
    advice: 'Open the lab in a browser that stores files for sites.',
  });
}

/**
 * @param stoppable makes a call that `cancel` can reach under its id
 * @param forget gives back the memory of a model
 */
export function modelCalls(
  store: ModelStore | undefined,
  stoppable: <T>(callId: string, work: (signal: AbortSignal) => Promise<T>) => Promise<Outcome<T>>,
  forget: (id: string) => void,
): ModelCalls {
  return {
    importModel: (callId, files, dtype, onProgress) =>
      stoppable(callId, async (signal) => {
        const progress = relay(onProgress);
        const stored = await storeOf(store).import(files, { dtype, signal, onProgress: progress.send });
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
