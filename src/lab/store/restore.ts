/** @file Brings runs back from their copies after the browser has deleted the database. */
import type { IDBPDatabase } from 'idb';
import { transact } from '../storage/database.ts';
import { explained, isStorageError } from '../storage/storage-errors.ts';
import { recordsOf } from './frames.ts';
import { allOf, digestRow, runTables, writeRun, type RunSchema } from './run-database.ts';
import type { RunCopies } from './run-copies.ts';
import type { StoredRunInfo } from './run-store.ts';

/**
 * Does nothing unless the copies are of another database than this one. Repeating it changes nothing, so that it can be
 * cut off at any time.
 * @throws LabError 'disk-full' and others of storage: the copies stay, and the next opening tries again
 */
export async function restoreRuns(db: IDBPDatabase<RunSchema>, copies: RunCopies): Promise<void> {
  const id = await db.get('meta', 'id');
  if (id !== undefined && id === (await copies.owner())) return;
  for (const runId of await copies.runs()) await restoreRun(db, copies, runId);
  await markRestored(db, copies);
}

/** Where there is no room for the mark, the next opening restores again. */
async function markRestored(db: IDBPDatabase<RunSchema>, copies: RunCopies): Promise<void> {
  const fresh = crypto.randomUUID();
  try {
    await copies.setOwner(fresh);
    await transact(db, ['meta'], (transaction) => transaction.objectStore('meta').put(fresh, 'id'));
  } catch (error) {
    if (!isStorageError(explained(error))) throw error;
  }
}

async function restoreRun(db: IDBPDatabase<RunSchema>, copies: RunCopies, runId: string): Promise<void> {
  let known: StoredRunInfo | undefined;
  for await (const frame of copies.frames(runId)) {
    known = frame.run ?? known;
    await transact(db, ['trials', 'digests'], async (transaction) => {
      const [trials, digests] = [transaction.objectStore('trials'), transaction.objectStore('digests')];
      await Promise.all(
        recordsOf(frame).flatMap((row) => [
          trials.put({ runId, ...row }),
          digests.put(digestRow(runId, row)),
        ]),
      );
    });
  }
  if (known === undefined) return;
  const run = known;
  await transact(db, [...runTables, 'trials'], async (transaction) => {
    const runs = transaction.objectStore('runs');
    const finished = await transaction.objectStore('trials').count(allOf(runId));
    const stored = await runs.get(runId);
    if (stored) await runs.put({ ...stored, finished });
    else await writeRun(transaction, { ...run, state: finished < run.total ? 'paused' : 'done' });
  });
}
