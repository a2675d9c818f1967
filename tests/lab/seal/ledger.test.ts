import 'fake-indexeddb/auto';
import { deleteDB, openDB } from 'idb';
import { expect, test, vi } from 'vitest';
import { createSealStore } from '../../../src/lab/seal/ledger.ts';

const site = 'https://site.example';
const at = new Date(0);
let databases = 0;
const named = () => `ledger-test-${databases++}`;
const rowsOf = async (store: ReturnType<typeof createSealStore>) =>
  (await store.entries()).map(({ address, host, reason, requests, failures, bytes }) =>
    [address, host, reason, requests, failures, bytes].join(' '),
  );

test('requests add up by address and reason; own addresses are paths, foreign ones whole', async () => {
  const store = createSealStore(site, named());
  await store.count(`${site}/a?b`, 'app files', { requests: 1 }, at);
  await store.count(`${site}/a?b`, 'app files', { requests: 1, failures: 1, bytes: 5 }, at);
  await store.count('https://hub.example/x?y', 'model m', { requests: 1, bytes: 7 }, at);
  expect(await rowsOf(store)).toEqual([
    '/a?b site.example app files 2 1 5',
    'https://hub.example/x?y hub.example model m 1 0 7',
  ]);
});

test('what is counted while a write is under way shares the next one, and each count waits until it is on the disk', async () => {
  const begun = vi.spyOn(IDBDatabase.prototype, 'transaction');
  const store = createSealStore(site, named());
  await store.entries();
  begun.mockClear();
  const paths = Array.from({ length: 50 }, (_, i) => `/${i % 10}`);
  const counted = paths.map((path) => store.count(site + path, 'app files', { requests: 1 }, at));
  // One that cannot be counted fails alone.
  await expect(store.count('no address', 'app files', { requests: 1 }, at)).rejects.toThrow();
  await counted[0];
  expect(await rowsOf(store)).toContain('/0 site.example app files 5 0 0');
  await Promise.all(counted);
  expect(begun.mock.calls.filter(([, mode]) => mode === 'readwrite').length).toBeLessThanOrEqual(2);
  begun.mockRestore();
  expect(await rowsOf(store)).toHaveLength(10);
});

test('ever new addresses share a row from some number on, and no address is kept in full length', async () => {
  const store = createSealStore(site, named(), 2);
  for (const path of ['a', 'b', 'c', 'd'])
    await store.count(`https://evil.example/${path}`, 'refused', { requests: 1 }, at);
  await store.count(`https://evil.example/a`, 'refused', { requests: 1 }, at);
  const rows = await rowsOf(store);
  expect(rows).toContain('https://evil.example/a evil.example refused 2 0 0');
  expect(rows).toContain('https://evil.example/… evil.example refused 2 0 0');
  await store.count(`https://evil.example/${'x'.repeat(5000)}`, 'other', { requests: 1 }, at);
  expect(Math.max(...(await store.entries()).map(({ address }) => address.length))).toBeLessThan(700);
});

test('rows of the first version stay, and an airlock that was open then is closed', async () => {
  const name = named();
  const old = await openDB(name, 1, {
    upgrade(db) {
      db.createObjectStore('ledger', { keyPath: ['host', 'reason'] });
      db.createObjectStore('airlock');
    },
  });
  const row = { host: 'huggingface.co', reason: 'model m', requests: 3, bytes: 9, at: at.toISOString() };
  await old.put('ledger', row);
  await old.put('airlock', { model: 'm', prefixes: [] }, 'airlock');
  old.close();
  const store = createSealStore(site, name);
  expect(await store.entries()).toEqual([{ ...row, address: 'huggingface.co', failures: 0 }]);
  expect(await store.airlock()).toBeNull();
});

test('a database that is deleted under it starts an empty ledger, and nothing hangs', async () => {
  const name = named();
  const store = createSealStore(site, name);
  await store.count(`${site}/a`, 'app files', { requests: 1 }, at);
  await deleteDB(name);
  await store.count(`${site}/b`, 'app files', { requests: 1 }, at);
  expect(await rowsOf(store)).toEqual(['/b site.example app files 1 0 0']);
});
