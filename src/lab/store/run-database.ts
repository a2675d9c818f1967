/** @file The database of runs: its tables, and how those of older releases are brought up to date. */
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { RunArtifact } from '../plan/artifacts.ts';
import type { Plan } from '../plan/plan.ts';
import { cellText, digestOf, type PlacedDigest } from '../records/digest.ts';
import type { Label } from '../records/labels.ts';
import type { RunOverview } from '../records/overview.ts';
import type { RunInfo } from '../records/run.ts';
import { createDatabase, type Database } from '../storage/database.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { StoredRunInfo } from './run-store.ts';

/**
 * Version 1, of release 0.1, had runs and trials only, with plan and artifacts in the rows of runs. These tables are
 * apart so that a list of runs, or a part of a cell, reads nothing large.
 */
export interface RunSchema extends DBSchema {
  runs: { key: string; value: RunRow };
  plans: { key: string; value: Plan };
  artifacts: { key: string; value: readonly RunArtifact[] };
  overviews: { key: string; value: RunOverview };
  /** By run: what people said of answers, by `keyText` of their trials. */
  labels: { key: string; value: readonly (readonly [key: string, label: Label])[] };
  trials: { key: [runId: string, place: number]; value: PlacedRecord & { readonly runId: string } };
  /** Made from the trials. */
  digests: {
    key: [runId: string, place: number];
    value: DigestRow;
    indexes: { cells: [runId: string, cell: string, place: number] };
  };
  /** `id`: names this database, so that its copies can tell whether it was deleted since. */
  meta: { key: 'id'; value: string };
}

/** `finished` is kept with every trial that is added: to count large rows, a browser reads them all. */
export interface RunRow extends RunInfo {
  /** Whether every trial has its digest: those of older versions get theirs when they are first read. */
  readonly digested: boolean;
}

export interface DigestRow extends PlacedDigest {
  readonly runId: string;
  /** `cellText` of the digest. */
  readonly cell: string;
}

/** The range of all trials, or digests, of a run: a list sorts after every number. */
export const allOf = (runId: string): IDBKeyRange => IDBKeyRange.bound([runId], [runId, []]);

export const createRunDatabase = (
  name: string,
  onOpen: (db: IDBPDatabase<RunSchema>) => Promise<void>,
): Database<RunSchema> => createDatabase<RunSchema>({ name, version: 5, upgrade, onOpen });

export const digestRow = (runId: string, { place, record }: PlacedRecord): DigestRow => {
  const digest = digestOf(record);
  return { runId, place, cell: cellText(digest), digest };
};

/** What `writeRun` writes; it reads trials as well. */
export const runTables = ['runs', 'plans', 'artifacts', 'overviews'] as const;

type RunTransaction = IDBPTransaction<RunSchema, StoreNames<RunSchema>[], 'readwrite' | 'versionchange'>;

/** Add or replace what is known about a run besides its trials. The plan of a run never changes. */
export async function writeRun(
  transaction: RunTransaction,
  { plan, artifacts, overview, ...run }: StoredRunInfo,
): Promise<void> {
  const [runs, plans] = [transaction.objectStore('runs'), transaction.objectStore('plans')];
  const { finished, digested } = (await runs.get(run.id)) ?? {
    finished: await transaction.objectStore('trials').count(allOf(run.id)),
    digested: true,
  };
  await Promise.all([
    runs.put({ ...run, name: plan.name, finished, digested }),
    plans.getKey(run.id).then((known) => known ?? plans.put(plan, run.id)),
    artifacts && transaction.objectStore('artifacts').put(artifacts, run.id),
    overview && transaction.objectStore('overviews').put(overview, run.id),
  ]);
}

/** A run as versions 1 and 2 stored it; release 0.1 called its artifacts `learned`. */
type OldRun = StoredRunInfo & { readonly learned?: StoredRunInfo['artifacts'] };

async function upgrade(
  db: IDBPDatabase<RunSchema>,
  from: number,
  _to: number | null,
  transaction: RunTransaction,
): Promise<void> {
  if (from < 1) {
    db.createObjectStore('runs', { keyPath: 'id' });
    db.createObjectStore('trials', { keyPath: ['runId', 'place'] });
  }
  if (from < 2) db.createObjectStore('meta');
  if (from < 3) {
    for (const name of ['plans', 'artifacts', 'overviews'] as const) db.createObjectStore(name);
    if (from === 2) db.deleteObjectStore('digests');
    const digests = db.createObjectStore('digests', { keyPath: ['runId', 'place'] });
    digests.createIndex('cells', ['runId', 'cell', 'place']);
    const runs = transaction.objectStore('runs');
    const old = (await runs.getAll()) as unknown as OldRun[];
    for (const { learned, ...run } of old) {
      await runs.delete(run.id);
      await writeRun(transaction, { ...(learned && { artifacts: learned }), ...run });
      await runs.put({ ...(await runs.get(run.id))!, digested: false });
    }
  }
  if (from < 5) db.createObjectStore('labels');
  // Digests of version 3 say less of an answer. A new database has none.
  if (from === 3) {
    await transaction.objectStore('digests').clear();
    const runs = transaction.objectStore('runs');
    for (const run of await runs.getAll()) await runs.put({ ...run, digested: false });
  }
}
