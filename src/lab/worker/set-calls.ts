/** @file The worker's calls on behavior sets that the user brought. */
import { LabError, outcomeOf, type Outcome } from '../../core/errors.ts';
import type { SetStore } from '../sets/set-store.ts';
import type { LabApi } from './api.ts';
import { relay } from './batches.ts';

type SetCalls = Pick<
  LabApi,
  'readSet' | 'importSet' | 'storedSets' | 'renameSet' | 'exportSet' | 'removeSet'
>;

/** @throws LabError 'storage-unavailable' without a store */
function storeOf(store: SetStore | undefined): SetStore {
  if (store) return store;
  throw new LabError('storage-unavailable', 'Behavior sets cannot be stored here.', {
    advice: 'Open the lab in a browser that stores data for sites.',
  });
}

/** @param stoppable makes a call that `cancel` can reach under its id */
export function setCalls(
  store: SetStore | undefined,
  stoppable: <T>(callId: string, work: (signal: AbortSignal) => Promise<T>) => Promise<Outcome<T>>,
): SetCalls {
  const reading = (file: Blob, signal: AbortSignal, onProgress: Parameters<LabApi['readSet']>[4]) => {
    const progress = relay(onProgress);
    const onBytes = (bytes: number) => void progress.send({ bytes, totalBytes: file.size });
    return { signal, onBytes, settled: progress.settled };
  };
  return {
    readSet: (callId, file, name, choices, onProgress) =>
      stoppable(callId, async (signal) => {
        const { settled, ...within } = reading(file, signal, onProgress);
        const report = await storeOf(store).read(file, name, choices, within);
        await settled();
        return report;
      }),
    importSet: (callId, file, name, options, onProgress) =>
      stoppable(callId, async (signal) => {
        const { settled, ...within } = reading(file, signal, onProgress);
        const stored = await storeOf(store).import(file, name, options, within);
        await settled();
        return stored;
      }),
    storedSets: () => outcomeOf(async () => (await store?.list()) ?? []),
    renameSet: (id, title) => outcomeOf(async () => storeOf(store).rename(id, title)),
    exportSet: (id) => outcomeOf(async () => storeOf(store).exported(id)),
    removeSet: (id) => outcomeOf(async () => storeOf(store).remove(id)),
  };
}
