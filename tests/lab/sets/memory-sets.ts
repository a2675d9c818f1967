/** @file A set database in memory. */
import type { SetRow } from '../../../src/data/import/set-row.ts';
import type { StoredSet } from '../../../src/lab/records/stored-set.ts';
import type { SetDatabase } from '../../../src/lab/sets/set-database.ts';

export function memorySets(): SetDatabase {
  const sets = new Map<string, { readonly set: StoredSet; readonly rows: readonly SetRow[] }>();
  return {
    list: async () => Array.from(sets.values(), ({ set }) => set),
    rows: async (id) => sets.get(id)?.rows ?? [],
    put: async (set, rows) => void sets.set(set.id, { set, rows }),
    async rename(id, title) {
      const held = sets.get(id);
      if (held) sets.set(id, { ...held, set: { ...held.set, title } });
    },
    remove: async (id) => void sets.delete(id),
  };
}
