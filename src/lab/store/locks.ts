/** @file Locks that keep two writers from one run, across tabs or within one worker. */
import { LabError } from '../../core/errors.ts';
import type { RunStore } from './run-store.ts';

const locked = () =>
  new LabError('run-locked', 'This is already going on, here or in another tab.', {
    advice: 'Wait for it, or stop it there; then it can go on where it stopped.',
  });

/** Whether nothing holds it: what says that it is running was cut off. */
export async function isFree(lock: RunStore['lock'], id: string): Promise<boolean> {
  try {
    (await lock(id))();
    return true;
  } catch {
    return false;
  }
}

/**
 * A Web Lock lives in every tab of the site and ends with the worker that holds it, however that ends. A page that is
 * reloaded may find the worker of its former self still ending, so a held lock is waited for a little.
 */
export const webLocks =
  (locks: LockManager, waitMs: number): RunStore['lock'] =>
  (runId) =>
    new Promise((resolve, reject) => {
      const hold = () =>
        new Promise<void>((release) => {
          resolve(release);
        });
      const waiting = AbortSignal.timeout(waitMs);
      locks
        .request(`glovebox-run-${runId}`, { signal: waiting }, hold)
        .catch((error: unknown) => reject(waiting.aborted ? locked() : error));
    });

export function localLocks(): RunStore['lock'] {
  const held = new Set<string>();
  return async (runId) => {
    if (held.has(runId)) throw locked();
    held.add(runId);
    return () => void held.delete(runId);
  };
}
