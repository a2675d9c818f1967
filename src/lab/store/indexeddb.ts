/** @file The lasting store: runs, their trials and the digests of these in IndexedDB. */
import type { IDBPDatabase } from 'idb';
import { LabError } from '../../core/errors.ts';
import type { Database } from '../storage/database.ts';
import { storageError } from '../storage/storage-errors.ts';
import { upgradeRecord } from '../records/check.ts';
import { cellText, type Cell, type PlacedDigest } from '../records/digest.ts';
import { mergedLabels } from '../records/labels.ts';
import type { RunInfo } from '../records/run.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import { localLocks, webLocks } from './locks.ts';
import { restoreRuns } from './restore.ts';
import {
  allOf,
  createRunDatabase,
  digestRow,
  runTables,
  writeRun,
  type DigestRow,
  type RunRow,
  type RunSchema,
} from './run-database.ts';
import type { RunCopies } from './run-copies.ts';
import type { BareStore } from './run-store.ts';

/** Rows that are in memory at once. */
const trialsPerBatch = 200;
const digestsPerBatch = 2000;

const restOf = (within: readonly string[], after: number) =>
  IDBKeyRange.bound([...within, after], [...within, []], true);

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
  return {
    persistent: true,
    lock: locks ? webLocks(locks, lockWaitMs) : localLocks(),
    runs: async () => (await database.use((db) => db.getAll('runs'))).map(infoOf),
    async run(runId) {
      const row = await database.use((db) => db.get('runs', runId));
      return row && infoOf(row);
    },
    plan: (runId) => database.use((db) => db.get('plans', runId)),
    artifacts: async (runId) => (await database.use((db) => db.get('artifacts', runId))) ?? [],
    putRun: (run) => database.write([...runTables, 'trials'], (transaction) => writeRun(transaction, run)),
    overview: (runId) => database.use((db) => db.get('overviews', runId)),
    labels: async (runId) => new Map(await database.use((db) => db.get('labels', runId))),
    putLabels: (runId, given) =>
      database.write(['runs', 'labels'], async (transaction) => {
        const labels = transaction.objectStore('labels');
        if ((await transaction.objectStore('runs').getKey(runId)) === undefined) return;
        await labels.put(mergedLabels((await labels.get(runId)) ?? [], given), runId);
      }),
    digests: (runId, cell) => digestsOf(database, runId, cell),
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
        const run = await runs.get(runId);
        if (run === undefined) throw storageError('storage-lost');
        await runs.put({ ...run, finished: run.finished + records.length });
        await Promise.all(
          records.flatMap((row) => [trials.add({ runId, ...row }), digests.put(digestRow(runId, row))]),
        );
      }),
    remove: (runId) =>
      database.write([...runTables, 'labels', 'trials', 'digests'], async (transaction) => {
        await Promise.all([
          ...[...runTables, 'labels' as const].map((table) => transaction.objectStore(table).delete(runId)),
          transaction.objectStore('trials').delete(allOf(runId)),
          transaction.objectStore('digests').delete(allOf(runId)),
        ]);
      }),
  };
}

const infoOf = ({ digested: _, ...run }: RunRow): RunInfo => run;

async function* trialsOf(
  database: Database<RunSchema>,
  runId: string,
): AsyncGenerator<readonly PlacedRecord[]> {
  for (let after = -1; ;) {
    const rows = await database.use((db) => db.getAll('trials', restOf([runId], after), trialsPerBatch));
    if (rows.length === 0) return;
    after = rows.at(-1)!.place;
    yield rows.map(({ place, record }) => ({ place, record: upgradeRecord(record) }));
  }
}

async function* digestsOf(
  database: Database<RunSchema>,
  runId: string,
  cell: Cell | undefined,
): AsyncGenerator<readonly PlacedDigest[]> {
  const run = await database.use((db) => db.get('runs', runId));
  if (run?.digested === false) {
    for await (const batch of freshDigests(database, runId))
      yield cell ? batch.filter(({ digest }) => cellText(digest) === cellText(cell)) : batch;
    return;
  }
  const read = (db: IDBPDatabase<RunSchema>, after: number): Promise<DigestRow[]> =>
    cell
      ? db.getAllFromIndex('digests', 'cells', restOf([runId, cellText(cell)], after), digestsPerBatch)
      : db.getAll('digests', restOf([runId], after), digestsPerBatch);
  for (let after = -1; ;) {
    const rows = await database.use((db) => read(db, after));
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
    const digests = rows.map((row) => digestRow(runId, row));
    await database.write(['digests'], (transaction) =>
      Promise.all(digests.map((row) => transaction.objectStore('digests').put(row))),
    );
    yield digests.map(({ place, digest }) => ({ place, digest }));
  }
  await database.write(['runs'], async (transaction) => {
    const runs = transaction.objectStore('runs');
    const run = await runs.get(runId);
    if (run) await runs.put({ ...run, digested: true });
  });
}
