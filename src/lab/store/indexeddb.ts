/** @file The lasting store: runs and their trials in IndexedDB. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { LabError } from '../../core/errors.ts';
import { upgradeRecord } from '../records/check.ts';
import { digestOf } from '../records/digest.ts';
import type { RunInfo } from '../records/run.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import { localLocks, webLocks } from './locks.ts';
import type { RunStore, StoredRunInfo } from './run-store.ts';

/** A run as the database holds it; release 0.1 stored its artifacts as `learned`. */
interface RunRow extends StoredRunInfo {
  readonly learned?: StoredRunInfo['artifacts'];
}

interface Schema extends DBSchema {
  runs: { key: string; value: RunRow };
  trials: { key: [runId: string, place: number]; value: PlacedRecord & { readonly runId: string } };
}

/** Records that are in memory at once. */
const trialsPerBatch = 200;

/** The range of all trials of a run: a list sorts after every number. */
const trialsOf = (runId: string) => IDBKeyRange.bound([runId], [runId, []]);

/** @throws LabError 'storage-unavailable' when the browser offers no IndexedDB here. */
export async function openIndexedDbStore({
  name = 'glovebox',
  locks,
  lockWaitMs = 5000,
}: {
  readonly name?: string;
  readonly locks?: LockManager | undefined;
  readonly lockWaitMs?: number;
} = {}): Promise<RunStore> {
  const db = await openDatabase(name);
  const lock = locks ? webLocks(locks, lockWaitMs) : localLocks();
  const withCount = async ({
    artifacts: _,
    learned: _learned,
    overview: _overview,
    ...run
  }: RunRow): Promise<RunInfo> => ({
    ...run,
    finished: await db.count('trials', trialsOf(run.id)),
  });
  async function* batchesOf(runId: string): AsyncGenerator<readonly PlacedRecord[]> {
    for (let after = -1; ;) {
      const rest = IDBKeyRange.bound([runId, after], [runId, []], true);
      const rows = await db.getAll('trials', rest, trialsPerBatch);
      if (rows.length === 0) return;
      after = rows.at(-1)!.place;
      yield rows.map(({ place, record }) => ({ place, record: upgradeRecord(record) }));
    }
  }
  return {
    persistent: true,
    lock,
    runs: async () => Promise.all((await db.getAll('runs')).map(withCount)),
    async run(runId) {
      const run = await db.get('runs', runId);
      return run && withCount(run);
    },
    async artifacts(runId) {
      const run = await db.get('runs', runId);
      return run?.artifacts ?? run?.learned ?? [];
    },
    putRun: (run) => writing(async () => void (await db.put('runs', run))),
    overview: async (runId) => (await db.get('runs', runId))?.overview,
    async *digests(runId) {
      for await (const rows of batchesOf(runId))
        yield rows.map(({ place, record }) => ({ place, digest: digestOf(record) }));
    },
    trials: batchesOf,
    async trial(runId, place) {
      const row = await db.get('trials', [runId, place]);
      return row && upgradeRecord(row.record);
    },
    append: (runId, records) =>
      writing(async () => {
        const transaction = db.transaction('trials', 'readwrite', { durability: 'strict' });
        const added = records.map((row) => transaction.store.add({ runId, ...row }));
        await Promise.all([...added, transaction.done]);
      }),
    async remove(runId) {
      const transaction = db.transaction(['runs', 'trials'], 'readwrite');
      await Promise.all([
        transaction.objectStore('runs').delete(runId),
        transaction.objectStore('trials').delete(trialsOf(runId)),
        transaction.done,
      ]);
    },
  };
}

async function openDatabase(name: string): Promise<IDBPDatabase<Schema>> {
  try {
    return await openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('runs', { keyPath: 'id' });
        db.createObjectStore('trials', { keyPath: ['runId', 'place'] });
      },
    });
  } catch (cause) {
    throw new LabError('storage-unavailable', 'This browser refuses to store data for this site.', {
      advice: 'Leave private browsing or allow site data; until then results last only as long as the page.',
      cause,
    });
  }
}

async function writing(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if ((cause as Error | null)?.name !== 'QuotaExceededError') throw cause;
    throw new LabError('quota-exceeded', 'There is no room left to store more trials.', {
      advice:
        'Finished trials are safe. Remove old runs or models, or free disk space, then run the plan again.',
      cause,
    });
  }
}
