/** @file The lasting store: runs, their trials and the digests of these in IndexedDB. */
import { LabError } from '../../core/errors.ts';
import type { Database } from '../storage/database.ts';
import { storageError } from '../storage/storage-errors.ts';
import { upgradeRecord } from '../records/check.ts';
import { digestOf, type PlacedDigest } from '../records/digest.ts';
import type { RunInfo } from '../records/run.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import { localLocks, webLocks } from './locks.ts';
import { restoreRuns } from './restore.ts';
import { allOf, createRunDatabase, type RunRow, type RunSchema } from './run-database.ts';
import type { RunCopies } from './run-copies.ts';
import type { BareStore } from './run-store.ts';

/** Rows that are in memory at once. */
const trialsPerBatch = 200;
const digestsPerBatch = 2000;

const restOf = (runId: string, after: number) => IDBKeyRange.bound([runId, after], [runId, []], true);

export interface IndexedDbOptions {
  readonly name?: string;
  readonly locks?: LockManager | undefined;
  readonly lockWaitMs?: number;
  /** Where runs come back from when the browser has deleted the database. */
  readonly copies?: RunCopies | null;
}

/** @throws LabError 'storage-unavailable' when the browser offers no IndexedDB here; other failures show on use */
export async function openIndexedDbStore({
  name = 'glovebox',
  locks,
  lockWaitMs = 5000,
  copies = null,
}: IndexedDbOptions = {}): Promise<BareStore> {
  const database = createRunDatabase(name, async (db) => {
    if (copies) await restoreRuns(db, copies);
  });
  try {
    await database.open();
  } catch (error) {
    if (error instanceof LabError && error.code === 'storage-unavailable') throw error;
  }
  const get = (runId: string) => database.use((db) => db.get('runs', runId));
  const withCount = async ({
    artifacts: _,
    learned: _learned,
    overview: _overview,
    ...run
  }: RunRow): Promise<RunInfo> => ({
    ...run,
    finished: await database.use((db) => db.count('trials', allOf(run.id))),
  });
  return {
    persistent: true,
    lock: locks ? webLocks(locks, lockWaitMs) : localLocks(),
    runs: async () => Promise.all((await database.use((db) => db.getAll('runs'))).map(withCount)),
    async run(runId) {
      const run = await get(runId);
      return run && withCount(run);
    },
    async artifacts(runId) {
      const run = await get(runId);
      return run?.artifacts ?? run?.learned ?? [];
    },
    putRun: async (run) =>
      void (await database.write(['runs'], (transaction) => transaction.objectStore('runs').put(run))),
    overview: async (runId) => (await get(runId))?.overview,
    digests: (runId) => digestsOf(database, runId),
    trials: (runId) => trialsOf(database, runId),
    async trial(runId, place) {
      const row = await database.use((db) => db.get('trials', [runId, place]));
      return row && upgradeRecord(row.record);
    },
    append: (runId, records) =>
      database.write(['runs', 'trials', 'digests'], async (transaction) => {
        const [runs, trials, digests] = [
          transaction.objectStore('runs'),
          transaction.objectStore('trials'),
          transaction.objectStore('digests'),
        ];
        if ((await runs.getKey(runId)) === undefined) throw storageError('storage-lost');
        await Promise.all(
          records.flatMap(({ place, record }) => [
            trials.add({ runId, place, record }),
            digests.put({ runId, place, digest: digestOf(record) }),
          ]),
        );
      }),
    remove: (runId) =>
      database.write(['runs', 'trials', 'digests'], async (transaction) => {
        await Promise.all([
          transaction.objectStore('runs').delete(runId),
          transaction.objectStore('trials').delete(allOf(runId)),
          transaction.objectStore('digests').delete(allOf(runId)),
        ]);
      }),
  };
}

async function* trialsOf(
  database: Database<RunSchema>,
  runId: string,
): AsyncGenerator<readonly PlacedRecord[]> {
  for (let after = -1; ;) {
    const rows = await database.use((db) => db.getAll('trials', restOf(runId, after), trialsPerBatch));
    if (rows.length === 0) return;
    after = rows.at(-1)!.place;
    yield rows.map(({ place, record }) => ({ place, record: upgradeRecord(record) }));
  }
}

async function* digestsOf(
  database: Database<RunSchema>,
  runId: string,
): AsyncGenerator<readonly PlacedDigest[]> {
  const [trials, digests] = await Promise.all([
    database.use((db) => db.count('trials', allOf(runId))),
    database.use((db) => db.count('digests', allOf(runId))),
  ]);
  if (digests < trials) {
    yield* freshDigests(database, runId);
    return;
  }
  for (let after = -1; ;) {
    const rows = await database.use((db) => db.getAll('digests', restOf(runId, after), digestsPerBatch));
    if (rows.length === 0) return;
    after = rows.at(-1)!.place;
    yield rows.map(({ place, digest }) => ({ place, digest }));
  }
}

/** Make the digests of a run from its trials, and store them. */
async function* freshDigests(
  database: Database<RunSchema>,
  runId: string,
): AsyncGenerator<readonly PlacedDigest[]> {
  for await (const rows of trialsOf(database, runId)) {
    const digests = rows.map(({ place, record }) => ({ place, digest: digestOf(record) }));
    await database.write(['digests'], (transaction) =>
      Promise.all(digests.map((row) => transaction.objectStore('digests').put({ runId, ...row }))),
    );
    yield digests;
  }
}
