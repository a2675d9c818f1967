import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import { withCopies } from '../../../src/lab/store/copied-store.ts';
import { openIndexedDbStore } from '../../../src/lab/store/indexeddb.ts';
import { openStore } from '../../../src/lab/store/open-store.ts';
import { cellText, digestOf } from '../../../src/lab/records/digest.ts';
import { inOneList, type RunStore, type StoredRunInfo } from '../../../src/lab/store/run-store.ts';
import { device, plan, runAll } from '../run/harness.ts';

const { records } = await runAll({ ...plan, defenses: [] });
const row = (place: number) => ({ place, record: records[place]! });
const run = (id: string): StoredRunInfo => ({
  id,
  plan: parsePlan(plan),
  device,
  versions: {},
  createdAt: '2026-01-01T00:00:00.000Z',
  state: 'running',
  total: records.length,
});

/** What the store tells of a run, without the count of its trials. */
const infoOf = (id: string) => {
  const { plan: own, ...info } = run(id);
  return { ...info, name: own.name };
};

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));

describe.each<[string, () => Promise<RunStore>]>([
  ['IndexedDB', async () => withCopies(await openIndexedDbStore(), null)],
  ['memory', async () => createMemoryStore()],
])('the store in %s', (_, open) => {
  test('gives back what was stored, in the order of the plan', async () => {
    const store = await open();
    await store.putRun(run('one'));
    await store.append('one', [row(2), row(10)]);
    await store.append('one', [row(0)]);
    expect(await inOneList(store.trials('one'))).toEqual([row(0), row(2), row(10)]);
    expect(await store.run('one')).toEqual({ ...infoOf('one'), finished: 3 });
    expect(await store.plan('one')).toEqual(run('one').plan);
    expect(await store.runs()).toHaveLength(1);
  });

  test('writes each place once, and all of a batch or none', async () => {
    const store = await open();
    await store.putRun(run('one'));
    await store.append('one', [row(1)]);
    await expect(store.append('one', [row(0), row(1)])).rejects.toThrow();
    expect(await inOneList(store.trials('one'))).toEqual([row(1)]);
  });

  test('keeps runs apart, whatever their names', async () => {
    const store = await open();
    for (const id of ['one', 'one2', 'on']) {
      await store.putRun(run(id));
      await store.append(id, [row(0)]);
    }
    await store.remove('one');
    expect(await inOneList(store.trials('one'))).toEqual([]);
    expect(await inOneList(store.trials('one2'))).toHaveLength(1);
    expect(await inOneList(store.trials('on'))).toHaveLength(1);
    expect(await store.run('unknown')).toBeUndefined();
  });

  test('keeps what people said of answers until the run is removed', async () => {
    const store = await open();
    const labels = new Map([
      ['a', true],
      ['b', null],
    ]);
    await store.putLabels('one', labels);
    expect((await store.labels('one')).size).toBe(0);
    await store.putRun(run('one'));
    await store.putLabels('one', labels);
    await store.putLabels('one', new Map([['c', false]]));
    await store.putLabels('one', new Map([['b', undefined]]));
    expect([...(await store.labels('one'))]).toEqual([
      ['a', true],
      ['c', false],
    ]);
    await store.remove('one');
    expect((await store.labels('one')).size).toBe(0);
  });

  test('lets one hold a run at a time', async () => {
    const store = await open();
    const unlock = await store.lock('one');
    await expect(store.lock('one')).rejects.toMatchObject({ code: 'run-locked' });
    await store.lock('two');
    unlock();
    (await store.lock('one'))();
  });
});

test('a database of version 2, which held plans and artifacts with the runs, opens as it is', async () => {
  const artifacts = [{ model: 'toy', defense: 'dro', options: {}, artifact: { vectors: [1] } }];
  const { record } = row(0);
  const digest = digestOf(record);
  const key = { runId: 'one', place: 0 };
  const old = await openDB('glovebox', 2, {
    upgrade(db) {
      db.createObjectStore('runs', { keyPath: 'id' });
      for (const name of ['trials', 'digests']) db.createObjectStore(name, { keyPath: ['runId', 'place'] });
      db.createObjectStore('meta');
    },
  });
  await old.put('runs', { ...run('one'), artifacts });
  await old.put('trials', { ...key, record });
  await old.put('digests', { ...key, digest });
  old.close();
  const store = await openIndexedDbStore();
  expect(await store.run('one')).toEqual({ ...infoOf('one'), finished: 1 });
  expect(await store.plan('one')).toEqual(run('one').plan);
  expect(await store.artifacts('one')).toEqual(artifacts);
  for (const cell of [undefined, digest])
    expect(await inOneList(store.digests('one', cell))).toEqual([{ place: 0, digest }]);
});

test('digests of version 3, which say less of an answer, are made again from the trials', async () => {
  const { record } = row(0);
  const digest = digestOf(record);
  const { truncated: _, ...output } = digest.output;
  const key = { runId: 'one', place: 0 };
  const old = await openDB('glovebox', 3, {
    upgrade(db) {
      db.createObjectStore('runs', { keyPath: 'id' });
      for (const name of ['plans', 'artifacts', 'overviews', 'meta']) db.createObjectStore(name);
      const [, digests] = ['trials', 'digests'].map((name) =>
        db.createObjectStore(name, { keyPath: ['runId', 'place'] }),
      );
      digests!.createIndex('cells', ['runId', 'cell', 'place']);
    },
  });
  await old.put('runs', { ...infoOf('one'), finished: 1, digested: true });
  await old.put('plans', run('one').plan, 'one');
  await old.put('trials', { ...key, record });
  await old.put('digests', { ...key, cell: cellText(digest), digest: { ...digest, output } });
  old.close();
  const store = await openIndexedDbStore();
  expect(await inOneList(store.digests('one'))).toEqual([{ place: 0, digest }]);
});

test('a cell is read without the others', async () => {
  const store = withCopies(await openIndexedDbStore(), null);
  await store.putRun(run('one'));
  await store.append(
    'one',
    records.map((_, place) => row(place)),
  );
  const whole = await inOneList(store.digests('one'));
  const cells = new Map(whole.map(({ digest }) => [cellText(digest), digest]));
  expect(cells.size).toBeGreaterThan(1);
  for (const [name, cell] of cells)
    expect(await inOneList(store.digests('one', cell))).toEqual(
      whole.filter(({ digest }) => cellText(digest) === name),
    );
});

describe('where IndexedDB fails', () => {
  test('a full disk is a failure of its own, and leaves what was stored', async () => {
    const store = await openIndexedDbStore();
    await store.putRun(run('one'));
    await store.append('one', [row(0)]);
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await expect(store.append('one', [row(1)])).rejects.toMatchObject({ code: 'quota-exceeded' });
    add.mockRestore();
    expect(await inOneList(store.trials('one'))).toEqual([row(0)]);
  });

  test('a browser without storage still runs, and says that nothing lasts', async () => {
    vi.stubGlobal('indexedDB', {
      open: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    const store = await openStore();
    expect(store.persistent).toBe(false);
    await store.append('one', [row(0)]);
    expect(await inOneList(store.trials('one'))).toHaveLength(1);
  });

  test('two tabs share their locks, and one waits a little for the other to end', async () => {
    const held = new Map<string, Promise<void>>();
    const locks = {
      async request(name: string, { signal }: LockOptions, hold: () => Promise<void>) {
        const refused = new Promise<never>((_, reject) =>
          signal!.addEventListener('abort', () => reject(signal!.reason as Error)),
        );
        refused.catch(() => undefined); // it may come after the lock was granted
        while (held.has(name)) await Promise.race([held.get(name), refused]);
        const holding = hold().then(() => void held.delete(name));
        held.set(name, holding);
        await holding;
      },
    } as unknown as LockManager;
    const open = () => openIndexedDbStore({ locks, lockWaitMs: 50 });
    const [tab, other] = [await open(), await open()];
    const unlock = await tab.lock('one');
    await expect(other.lock('one')).rejects.toMatchObject({ code: 'run-locked' });
    setTimeout(unlock, 10);
    (await other.lock('one'))();
  });
});
