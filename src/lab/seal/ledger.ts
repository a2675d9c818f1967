/**
 * @file What the service worker remembers between its short lives: the ledger, the state of the airlock, and the lists
 * of files that hubs gave. It outlives a closed connection and a deleted database, which starts an empty ledger.
 */
import type { DBSchema } from 'idb';
import { createDatabase } from '../storage/database.ts';
import type { Airlock } from './airlock.ts';
import type { AgreedList, HubList, LedgerEntry } from './messages.ts';

interface SealDatabase extends DBSchema {
  requests: { key: [string, string]; value: LedgerEntry };
  airlock: { key: 'airlock'; value: Airlock };
  /** As asked for, by folder. */
  lists: { key: string; value: HubList };
  /** `mirror`: address that is asked in place of the hub. */
  settings: { key: 'mirror'; value: string };
  /** With the files that the user agreed to, by folder. */
  models: { key: string; value: AgreedList };
  /** Of version 1: rows by host and reason. */
  ledger: { key: [string, string]; value: Omit<LedgerEntry, 'address' | 'failures'> };
}

/** What is added to a row. */
export interface Counted {
  readonly requests?: number;
  readonly failures?: number;
  readonly bytes?: number;
}

/** Each method throws LabError with a storage code if the browser cannot read or write. */
export interface SealStore {
  /** Add to the row of an absolute address; it is on the disk when the promise resolves. */
  count(address: string, reason: string, counted: Counted, at: Date): Promise<void>;
  entries(): Promise<readonly LedgerEntry[]>;
  airlock(): Promise<Airlock | null>;
  /** `null` closes it. */
  setAirlock(airlock: Airlock | null): Promise<void>;
  /** Add to what the open airlock has let in; ignored when it was closed meanwhile. */
  received(bytes: number, now: number): Promise<void>;
  list(folder: string): Promise<HubList | null>;
  setList(list: HubList): Promise<void>;
  model(folder: string): Promise<AgreedList | null>;
  setModel(list: AgreedList): Promise<void>;
  /** All lists that were agreed to. */
  models(): Promise<readonly AgreedList[]>;
  removeModel(folder: string): Promise<void>;
  /** Address that is asked in place of the Hugging Face Hub; `null`: the hub itself. */
  mirror(): Promise<string | null>;
  setMirror(address: string | null): Promise<void>;
}

/** What deciding about files of a hub needs. */
export type HubStore = Omit<SealStore, 'entries'>;

/** A script that asks for ever new addresses must not fill the disk: further ones share a row per host. */
const mostRows = 5_000;
const longestAddress = 600;

/** @param site origin of this site, whose addresses are kept as paths */
export function createSealStore(site: string, name = 'glovebox-seal', most = mostRows): SealStore {
  const database = createDatabase<SealDatabase>({
    name,
    version: 3,
    async upgrade(db, from, _to, transaction) {
      for (const store of ['lists', 'models', 'airlock', 'settings'] as const)
        if (!db.objectStoreNames.contains(store)) db.createObjectStore(store);
      if (from === 2) return;
      const requests = db.createObjectStore('requests', { keyPath: ['address', 'reason'] });
      if (from !== 1) return;
      await transaction.objectStore('airlock').clear();
      for (const row of await transaction.objectStore('ledger').getAll())
        await requests.put({ ...row, address: row.host, failures: 0 });
      db.deleteObjectStore('ledger');
    },
  });
  /** What one count adds, and the row that it belongs to. */
  interface Addition extends Required<Counted> {
    readonly key: string;
    /** The row that addresses share once there are too many. */
    readonly shared: string;
    readonly host: string;
    readonly reason: string;
    readonly at: string;
  }
  const add = (additions: readonly Addition[]) =>
    database.write(['requests'], async (transaction) => {
      const store = transaction.objectStore('requests');
      for (const { key, shared, host, reason, requests, failures, bytes, at } of additions) {
        const row = await store.get([key, reason]);
        const address = row || (await store.count()) < most ? key : shared;
        const old = address === key ? row : await store.get([address, reason]);
        await store.put({
          address,
          host,
          reason,
          requests: (old?.requests ?? 0) + requests,
          failures: (old?.failures ?? 0) + failures,
          bytes: (old?.bytes ?? 0) + bytes,
          at,
        });
      }
    });
  let waiting: Addition[] = [];
  let nextWrite: Promise<void> | null = null;
  let lastWrite: Promise<void> = Promise.resolve();
  /** Writes go to the disk one after the other: what is counted during one shares the next, or each would wait its turn. */
  const addSoon = (addition: Addition): Promise<void> => {
    waiting.push(addition);
    nextWrite ??= lastWrite = lastWrite
      .catch(() => {})
      .then(() => {
        const additions = waiting;
        waiting = [];
        nextWrite = null;
        return add(additions);
      });
    return nextWrite;
  };
  return {
    async count(address, reason, { requests = 0, failures = 0, bytes = 0 }, at) {
      const { host, origin, pathname, search } = new URL(address);
      const whole = origin === site ? pathname + search : address;
      const key = whole.length > longestAddress ? `${whole.slice(0, longestAddress)}…` : whole;
      const shared = origin === site ? '/…' : `${origin}/…`;
      await addSoon({ key, shared, host, reason, requests, failures, bytes, at: at.toISOString() });
    },
    entries: () => database.use((db) => db.getAll('requests')),
    airlock: async () => (await database.use((db) => db.get('airlock', 'airlock'))) ?? null,
    setAirlock: (airlock) =>
      database.write(['airlock'], async (transaction) => {
        const store = transaction.objectStore('airlock');
        await (airlock ? store.put(airlock, 'airlock') : store.delete('airlock'));
      }),
    received: (bytes, now) =>
      database.write(['airlock'], async (transaction) => {
        const store = transaction.objectStore('airlock');
        const airlock = await store.get('airlock');
        if (airlock)
          await store.put(
            { ...airlock, receivedBytes: airlock.receivedBytes + bytes, usedAt: now },
            'airlock',
          );
      }),
    list: async (folder) => (await database.use((db) => db.get('lists', folder))) ?? null,
    setList: async (list) => void (await database.use((db) => db.put('lists', list, list.folder))),
    model: async (folder) => (await database.use((db) => db.get('models', folder))) ?? null,
    setModel: async (list) => void (await database.use((db) => db.put('models', list, list.folder))),
    models: () => database.use((db) => db.getAll('models')),
    removeModel: (folder) => database.use((db) => db.delete('models', folder)),
    mirror: async () => (await database.use((db) => db.get('settings', 'mirror'))) ?? null,
    setMirror: async (address) =>
      void (await database.use<unknown>((db) =>
        address === null ? db.delete('settings', 'mirror') : db.put('settings', address, 'mirror'),
      )),
  };
}
