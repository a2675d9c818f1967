/**
 * @file One IndexedDB database that stays usable: it reopens after its connection was closed or its data deleted, and
 * every failure is a LabError with a code and advice of its own, never a cancellation.
 */
import {
  openDB,
  type DBSchema,
  type IDBPDatabase,
  type IDBPTransaction,
  type OpenDBCallbacks,
  type StoreNames,
} from 'idb';
import { LabError } from '../../core/errors.ts';
import { explained, explainedOpening, isClosedConnection, storageError } from './storage-errors.ts';

export interface DatabaseOptions<S extends DBSchema> {
  readonly name: string;
  readonly version: number;
  /** As for `openDB`: bring the schema from an older version, or from 0, to this one. */
  readonly upgrade: NonNullable<OpenDBCallbacks<S>['upgrade']>;
  /** Called with every fresh connection, before anything else uses it. */
  readonly onOpen?: (db: IDBPDatabase<S>) => Promise<void>;
  /** How long another tab with an older version may keep this one from opening. */
  readonly blockedWaitMs?: number;
}

/**
 * A failure of the browser is a LabError: 'quota-exceeded', 'disk-full', 'storage-failed', 'storage-newer',
 * 'storage-blocked' or 'storage-unavailable'. Work that fails because the connection was closed is tried once more on
 * a fresh one, which finds an empty database if the data was deleted.
 */
export interface Database<S extends DBSchema> {
  /** Open it now, so that a refusal shows. */
  open(): Promise<void>;
  /** Requests that are transactions of their own. */
  use<T>(work: (db: IDBPDatabase<S>) => Promise<T>): Promise<T>;
  /**
   * Work in one transaction: all of it is stored, or none when `work` or the browser fails.
   * @returns the result of `work`, once it is on the disk
   */
  write<T, N extends StoreNames<S>[]>(
    stores: N,
    work: (transaction: IDBPTransaction<S, N, 'readwrite'>) => Promise<T>,
  ): Promise<T>;
  close(): void;
}

export function createDatabase<S extends DBSchema>(options: DatabaseOptions<S>): Database<S> {
  let current: Promise<IDBPDatabase<S>> | null = null;

  const database = (): Promise<IDBPDatabase<S>> => {
    if (current) return current;
    const fresh: Promise<IDBPDatabase<S>> = connect(options, () => {
      if (current === fresh) current = null;
    });
    return (current = fresh);
  };

  const attempt = async <T>(work: (db: IDBPDatabase<S>) => Promise<T>): Promise<T> => {
    const used = database();
    try {
      return await work(await used);
    } catch (error) {
      const reason = explained(error);
      if (!isClosedConnection(error)) throw reason;
      if (current === used) current = null;
      // A fresh connection does not help against a full disk.
      if (reason instanceof LabError && reason.code === 'disk-full') throw reason;
    }
    try {
      return await work(await database());
    } catch (error) {
      throw explained(error);
    }
  };

  return {
    open: async () => void (await database()),
    use: attempt,
    write: (stores, work) => attempt((db) => transact(db, stores, work)),
    close() {
      void current?.then(
        (db) => db.close(),
        () => {},
      );
      current = null;
    },
  };
}

/** @param forget called when the connection can no longer be used */
function connect<S extends DBSchema>(
  { name, version, upgrade, onOpen, blockedWaitMs = 10_000 }: DatabaseOptions<S>,
  forget: () => void,
): Promise<IDBPDatabase<S>> {
  return new Promise((resolve, reject) => {
    let gaveUp = false;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const giveUp = (error: unknown) => {
      gaveUp = true;
      forget();
      reject(error as Error);
    };
    const open = async () => {
      try {
        return await openDB<S>(name, version, {
          upgrade,
          blocked() {
            waiting = setTimeout(() => giveUp(storageError('storage-blocked')), blockedWaitMs);
          },
          // Another tab deletes the database or brings a newer version: this one must not stand in its way.
          blocking(_from, _to, event) {
            (event.target as IDBDatabase).close();
            forget();
          },
          terminated: forget,
        });
      } catch (error) {
        throw explainedOpening(error);
      } finally {
        clearTimeout(waiting);
      }
    };
    const begin = async () => {
      const db = await open();
      if (gaveUp) return db.close();
      try {
        await onOpen?.(db);
        resolve(db);
      } catch (error) {
        db.close();
        throw error;
      }
    };
    begin().catch(giveUp);
  });
}

/** As `Database.write`, with a connection at hand; a failure is the transaction's own error. */
export async function transact<S extends DBSchema, T, N extends StoreNames<S>[]>(
  db: IDBPDatabase<S>,
  stores: N,
  work: (transaction: IDBPTransaction<S, N, 'readwrite'>) => Promise<T>,
): Promise<T> {
  const transaction = db.transaction(stores, 'readwrite', { durability: 'strict' });
  transaction.done.catch(() => {}); // it may hold an AbortError; what is thrown here is the transaction's own error
  const ended = new Promise<void>((resolve) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => resolve());
  });
  let aborted = false;
  transaction.addEventListener('abort', () => void (aborted = true));
  let failed: { readonly error: unknown } | null = null;
  let result;
  try {
    result = await work(transaction);
  } catch (error) {
    failed = { error };
    if (!aborted) abort(transaction);
  }
  await ended;
  if (transaction.error) throw transaction.error;
  if (failed) throw failed.error;
  if (aborted) throw new DOMException('The transaction was aborted.', 'AbortError');
  return result as T;
}

/** Undo a transaction. One that has ended already cannot be undone. */
function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch (error) {
    if ((error as Error).name !== 'InvalidStateError') throw error;
  }
}
