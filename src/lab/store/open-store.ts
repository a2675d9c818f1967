/** @file Opens the lasting store where there is one, else the one in memory. */
import { LabError } from '../../core/errors.ts';
import { withCopies } from './copied-store.ts';
import { openIndexedDbStore } from './indexeddb.ts';
import { createMemoryStore } from './memory.ts';
import { openRunCopies } from './run-copies.ts';
import type { RunStore } from './run-store.ts';

/** The lasting store where there is one, else the one in memory. */
export async function openStore({
  locks,
  storage,
}: {
  readonly locks?: LockManager;
  readonly storage?: StorageManager;
} = {}): Promise<RunStore> {
  const copies = await openRunCopies(storage);
  try {
    return withCopies(await openIndexedDbStore({ locks, copies }), copies);
  } catch (error) {
    if (error instanceof LabError && error.code === 'storage-unavailable') return createMemoryStore();
    throw error;
  }
}
