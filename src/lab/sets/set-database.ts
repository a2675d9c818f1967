/** @file Where imported behavior sets are stored: a database of the site, beside that of the runs. */
import type { DBSchema } from 'idb';
import type { SetRow } from '../../data/import/set-row.ts';
import type { StoredSet } from '../records/stored-set.ts';
import { createDatabase } from '../storage/database.ts';

interface SetSchema extends DBSchema {
  sets: { key: string; value: StoredSet };
  /** The rows of a set in parts, so that no value is large. */
  rows: { key: [setId: string, part: number]; value: readonly SetRow[] };
}

const rowsPerPart = 1000;
const allOf = (id: string) => IDBKeyRange.bound([id], [id, []]);

/** Every method throws LabError of the storage where the browser refuses. */
export interface SetDatabase {
  /** The oldest first. */
  list(): Promise<readonly StoredSet[]>;
  rows(id: string): Promise<readonly SetRow[]>;
  /** Add a set, all of it or nothing. */
  put(set: StoredSet, rows: readonly SetRow[]): Promise<void>;
  /** An unknown id is ignored. */
  rename(id: string, title: string): Promise<void>;
  /** An unknown id is ignored. */
  remove(id: string): Promise<void>;
}

export function createSetDatabase(name = 'glovebox-sets'): SetDatabase {
  const database = createDatabase<SetSchema>({
    name,
    version: 1,
    upgrade(db) {
      db.createObjectStore('sets', { keyPath: 'id' });
      db.createObjectStore('rows');
    },
  });
  return {
    list: async () =>
      (await database.use((db) => db.getAll('sets'))).toSorted((a, b) =>
        a.importedAt < b.importedAt ? -1 : 1,
      ),
    rows: async (id) => (await database.use((db) => db.getAll('rows', allOf(id)))).flat(),
    put: (set, rows) =>
      database.write(['sets', 'rows'], async (transaction) => {
        const parts = transaction.objectStore('rows');
        for (let at = 0; at < rows.length; at += rowsPerPart)
          await parts.put(rows.slice(at, at + rowsPerPart), [set.id, at / rowsPerPart]);
        await transaction.objectStore('sets').put(set);
      }),
    rename: (id, title) =>
      database.write(['sets'], async (transaction) => {
        const sets = transaction.objectStore('sets');
        const set = await sets.get(id);
        if (set) await sets.put({ ...set, title });
      }),
    remove: (id) =>
      database.write(['sets', 'rows'], async (transaction) => {
        await transaction.objectStore('rows').delete(allOf(id));
        await transaction.objectStore('sets').delete(id);
      }),
  };
}
