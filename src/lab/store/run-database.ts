/** @file The database of runs: its tables, and how those of older releases are brought up to date. */
import type { DBSchema, IDBPDatabase } from 'idb';
import type { PlacedDigest } from '../records/digest.ts';
import { createDatabase, type Database } from '../storage/database.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import type { StoredRunInfo } from './run-store.ts';

/** A run as the database holds it; release 0.1 stored its artifacts as `learned`. */
export interface RunRow extends StoredRunInfo {
  readonly learned?: StoredRunInfo['artifacts'];
}

/** Version 1, of release 0.1, had runs and trials only. */
export interface RunSchema extends DBSchema {
  runs: { key: string; value: RunRow };
  trials: { key: [runId: string, place: number]; value: PlacedRecord & { readonly runId: string } };
  /** Made from the trials; a run of version 1 gets its digests when they are first read. */
  digests: { key: [runId: string, place: number]; value: PlacedDigest & { readonly runId: string } };
  /** `id`: names this database, so that its copies can tell whether it was deleted since. */
  meta: { key: 'id'; value: string };
}

/** The range of all trials, or digests, of a run: a list sorts after every number. */
export const allOf = (runId: string): IDBKeyRange => IDBKeyRange.bound([runId], [runId, []]);

export const createRunDatabase = (
  name: string,
  onOpen: (db: IDBPDatabase<RunSchema>) => Promise<void>,
): Database<RunSchema> => createDatabase<RunSchema>({ name, version: 2, upgrade, onOpen });

function upgrade(db: IDBPDatabase<RunSchema>, from: number): void {
  if (from < 1) {
    db.createObjectStore('runs', { keyPath: 'id' });
    db.createObjectStore('trials', { keyPath: ['runId', 'place'] });
  }
  if (from < 2) {
    db.createObjectStore('digests', { keyPath: ['runId', 'place'] });
    db.createObjectStore('meta');
  }
}
