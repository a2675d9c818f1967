/** @file Opens the lasting store where there is one, else the one in memory. */
import { LabError } from '../../core/errors.ts';
import { openIndexedDbStore } from './indexeddb.ts';
import { createMemoryStore } from './memory.ts';
import type { RunStore } from './run-store.ts';

/** The lasting store where there is one, else the one in memory. */
export async function openStore(locks?: LockManager): Promise<RunStore> {
  try {
    return await openIndexedDbStore({ locks });
  } catch (error) {
    if (error instanceof LabError && error.code === 'storage-unavailable') return createMemoryStore();
    throw error;
  }
}
