import { deleteDB, openDB, unwrap, type DBSchema } from 'idb';
import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failure } from '../../../src/core/errors.ts';
import { createDatabase } from '../../../src/lab/storage/database.ts';

interface Schema extends DBSchema {
  rows: { key: number; value: string };
}
const open = (version = 1) =>
  createDatabase<Schema>({
    name: 'test',
    version,
    upgrade: (db, from) => void (from === 0 && db.createObjectStore('rows')),
    blockedWaitMs: 20,
  });
const put = (db: ReturnType<typeof open>, key: number) =>
  db.write(['rows'], (transaction) => transaction.objectStore('rows').put(`row ${key}`, key));
const keys = (db: ReturnType<typeof open>) => db.use((opened) => opened.getAllKeys('rows'));

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => vi.restoreAllMocks());

/** The browser ends the next transaction by itself, for this reason. */
function endNextTransaction(name: string, message: string): void {
  const { put: original } = IDBObjectStore.prototype;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (this: IDBObjectStore, ...row) {
    const request = original.apply(this, row);
    const { transaction } = this;
    Object.defineProperty(transaction, 'error', { get: () => new DOMException(message, name) });
    transaction.abort();
    return request;
  });
}

test('a transaction that its work fails leaves nothing behind', async () => {
  const db = open();
  const half = db.write(['rows'], async (transaction) => {
    await transaction.objectStore('rows').put('half', 1);
    throw new RangeError('no');
  });
  await expect(half).rejects.toThrow(RangeError);
  expect(await keys(db)).toEqual([]);
});

describe('a transaction that the browser ends', () => {
  test.each([
    ['disk-full', 'UnknownError', 'Connection is closing because of: IO error: FILE_ERROR_NO_SPACE'],
    ['disk-full', 'DataError', 'Failed to write blobs (IOError)'],
    ['quota-exceeded', 'QuotaExceededError', 'The quota is used up.'],
    ['storage-failed', 'UnknownError', 'Internal error.'],
    ['storage-failed', 'DataError', 'Something odd.'],
  ])('is %s for %s: %s, and no cancellation', async (code, name, message) => {
    const db = open();
    await put(db, 1);
    endNextTransaction(name, message);
    const error = await put(db, 2).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'LabError', code });
    expect(failure(error)).toMatchObject({ status: 'failed', code });
    expect((error as Error).message).not.toContain(message);
    await put(db, 3);
    expect(await keys(db)).toEqual([1, 3]);
  });

  test('is tried once more when only its connection was closed', async () => {
    const db = open();
    await put(db, 1);
    endNextTransaction('AbortError', 'The connection was closed.');
    await put(db, 2);
    expect(await keys(db)).toEqual([1, 2]);
  });

  test('fails when its connection is closed again', async () => {
    const db = open();
    await put(db, 1);
    endNextTransaction('AbortError', 'The connection was closed.');
    endNextTransaction('AbortError', 'The connection was closed.');
    await expect(put(db, 2)).rejects.toMatchObject({ code: 'storage-failed' });
    expect(await keys(db)).toEqual([1]);
  });
});

test('a connection that the browser closes is opened anew', async () => {
  const db = open();
  await put(db, 1);
  await db.use(async (opened) => forceCloseDatabase(unwrap(opened) as never));
  expect(await keys(db)).toEqual([1]);
});

test('a deletion in another tab is let through, and what is opened then is empty', async () => {
  const db = open();
  await put(db, 1);
  const blocked = vi.fn();
  await deleteDB('test', { blocked });
  expect(blocked).not.toHaveBeenCalled();
  expect(await keys(db)).toEqual([]);
});

test('a newer version in another tab is let through, and then this one says that it is too old', async () => {
  const db = open();
  await put(db, 1);
  (await openDB('test', 2)).close();
  await expect(keys(db)).rejects.toMatchObject({ code: 'storage-newer' });
});

test('an older version in another tab that stays open is told to be closed', async () => {
  const old = await openDB('test', 1);
  await expect(open(2).open()).rejects.toMatchObject({ code: 'storage-blocked' });
  old.close();
});

test('a browser that refuses storage is told apart from one that fails', async () => {
  const refusing = (error: unknown) =>
    vi.stubGlobal('indexedDB', {
      open() {
        throw error;
      },
    });
  refusing(new DOMException('denied', 'SecurityError'));
  await expect(open().open()).rejects.toMatchObject({ code: 'storage-unavailable' });
  refusing(new DOMException('Internal error opening backing store', 'UnknownError'));
  await expect(open().open()).rejects.toMatchObject({ code: 'storage-failed' });
  vi.stubGlobal('indexedDB', undefined);
  await expect(open().open()).rejects.toMatchObject({ code: 'storage-unavailable' });
});

test('an opening that failed is tried again by the next use', async () => {
  const db = open();
  const working = indexedDB;
  vi.stubGlobal('indexedDB', {
    open() {
      throw new DOMException('Internal error opening backing store', 'UnknownError');
    },
  });
  await expect(put(db, 1)).rejects.toMatchObject({ code: 'storage-failed' });
  vi.stubGlobal('indexedDB', working);
  await put(db, 1);
  expect(await keys(db)).toEqual([1]);
});
