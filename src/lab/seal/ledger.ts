/** @file What the service worker remembers between its short lives: the ledger and the state of the airlock. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Airlock } from './airlock.ts';
import type { LedgerEntry } from './messages.ts';

interface SealDatabase extends DBSchema {
  ledger: { key: [string, string]; value: LedgerEntry };
  airlock: { key: 'airlock'; value: Airlock };
}

export interface SealStore {
  /** Add one request of `bytes` received to its row. */
  count(host: string, reason: string, bytes: number, at: Date): Promise<void>;
  entries(): Promise<readonly LedgerEntry[]>;
  airlock(): Promise<Airlock | null>;
  /** `null` closes it. */
  setAirlock(airlock: Airlock | null): Promise<void>;
  /** Add to what the open airlock has let in; ignored when it was closed meanwhile. */
  received(bytes: number, now: number): Promise<void>;
}

export function createSealStore(name = 'glovebox-seal'): SealStore {
  let opened: Promise<IDBPDatabase<SealDatabase>> | undefined;
  const database = () =>
    (opened ??= openDB<SealDatabase>(name, 1, {
      upgrade(db) {
        db.createObjectStore('ledger', { keyPath: ['host', 'reason'] });
        db.createObjectStore('airlock');
      },
    }));
  return {
    async count(host, reason, bytes, at) {
      const { store, done } = (await database()).transaction('ledger', 'readwrite');
      const row = await store.get([host, reason]);
      await store.put({
        host,
        reason,
        requests: (row?.requests ?? 0) + 1,
        bytes: (row?.bytes ?? 0) + bytes,
        at: at.toISOString(),
      });
      await done;
    },
    entries: async () => (await database()).getAll('ledger'),
    airlock: async () => (await (await database()).get('airlock', 'airlock')) ?? null,
    async setAirlock(airlock) {
      const db = await database();
      await (airlock ? db.put('airlock', airlock, 'airlock') : db.delete('airlock', 'airlock'));
    },
    async received(bytes, now) {
      const { store, done } = (await database()).transaction('airlock', 'readwrite');
      const airlock = await store.get('airlock');
      if (airlock)
        await store.put({ ...airlock, receivedBytes: airlock.receivedBytes + bytes, usedAt: now }, 'airlock');
      await done;
    },
  };
}
