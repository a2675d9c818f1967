import { deleteDB, openDB } from 'idb';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LabError } from '../../../src/core/errors.ts';
import { createRandom } from '../../../src/core/random.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { trialLine } from '../../../src/lab/records/export.ts';
import { openStore } from '../../../src/lab/store/open-store.ts';
import { inOneList, type RunStore, type StoredRunInfo } from '../../../src/lab/store/run-store.ts';
import { device, linesOf, newRunner, plan, runAll } from '../run/harness.ts';
import { FakeDisk } from './fake-files.ts';

const undisturbed = await runAll();
const { records } = undisturbed;
const row = (place: number) => ({ place, record: records[place]! });
const run: StoredRunInfo = {
  id: 'one',
  plan: parsePlan(plan),
  device,
  versions: {},
  createdAt: '2026-01-01T00:00:00.000Z',
  state: 'running',
  total: records.length,
};
const { plan: ownPlan, ...head } = run;
const info = { ...head, name: ownPlan.name };
const trialsIn = (store: RunStore) => inOneList(store.trials('one'));

let disk: FakeDisk;
beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  disk = new FakeDisk();
});
afterEach(() => vi.restoreAllMocks());

const open = (on = disk) => openStore({ storage: on.storage });

async function withTrials(...places: number[]): Promise<RunStore> {
  const store = await open();
  await store.putRun(run);
  for (const place of places) await store.append('one', [row(place)]);
  return store;
}

describe('runs come back from their copies', () => {
  test('when the database was deleted between two visits', async () => {
    await withTrials(2, 0);
    await deleteDB('glovebox');
    const store = await open();
    expect(await trialsIn(store)).toEqual([row(0), row(2)]);
    expect(await inOneList(store.digests('one'))).toEqual(
      [row(0), row(2)].map(({ place, record }) => ({ place, digest: digestOf(record) })),
    );
    expect(await store.run('one')).toEqual({ ...info, state: 'paused', finished: 2 });
  });

  test('when it was deleted under a run, which goes on', async () => {
    const store = await withTrials(0, 1);
    await deleteDB('glovebox');
    await store.append('one', [row(2)]);
    expect(await trialsIn(store)).toEqual([row(0), row(1), row(2)]);
  });

  test('but not when the user removed them', async () => {
    const store = await withTrials(0);
    await store.remove('one');
    await deleteDB('glovebox');
    expect(await (await open()).runs()).toEqual([]);
  });

  test('up to a frame that was cut off, and what follows is added after the last whole one', async () => {
    await withTrials(0, 1);
    const copy = disk.copyOf('one');
    copy.bytes = copy.bytes.slice(0, -5);
    const again = await open();
    await again.append('one', [row(2)]);
    await deleteDB('glovebox');
    expect(await trialsIn(await open())).toEqual([row(0), row(2)]);
  });

  test('with the artifacts of their defenses', async () => {
    const artifacts = [{ model: 'toy', defense: 'dro', options: {}, artifact: { vectors: [1] } }];
    const store = await open();
    await store.putRun(run);
    await store.putRun({ ...run, artifacts });
    await deleteDB('glovebox');
    expect(await (await open()).artifacts('one')).toEqual(artifacts);
  });
});

describe('trials that cannot be stored', () => {
  test('stay in memory when the disk is full, and the database is not touched', async () => {
    const store = await withTrials(0);
    disk.full = true;
    const add = vi.spyOn(IDBObjectStore.prototype, 'add');
    await expect(store.append('one', [row(1), row(2)])).rejects.toMatchObject({
      code: 'disk-full',
      message: 'The disk is full, so nothing more can be stored.',
    });
    expect(add).not.toHaveBeenCalled();
    // Stored or not: on a full disk a browser may delete what is stored.
    const inMemory = store.inMemory('one')!;
    expect(inMemory.count).toBe(3);
    expect(await (await inMemory.lines()).text()).toBe(
      records
        .slice(0, 3)
        .map((record) => `${trialLine(record)}\n`)
        .join(''),
    );
  });

  test('are stored when there is room again', async () => {
    const store = await withTrials(0);
    disk.full = true;
    await expect(store.append('one', [row(1)])).rejects.toThrow(LabError);
    await expect(store.appendUnsaved('one')).rejects.toMatchObject({ code: 'disk-full' });
    disk.full = false;
    await store.appendUnsaved('one');
    expect(await trialsIn(store)).toEqual([row(0), row(1)]);
  });

  test('are all of this session when the site data was cleared', async () => {
    const store = await withTrials(0, 1);
    disk.clear();
    await deleteDB('glovebox');
    await expect(store.append('one', [row(2)])).rejects.toMatchObject({ code: 'storage-lost' });
    expect(store.inMemory('one')!.count).toBe(3);
    await store.putRun(run);
    await store.appendUnsaved('one');
    expect(await trialsIn(store)).toEqual([row(0), row(1), row(2)]);
  });
});

test('runs of release 0.1, whose database had no digests, open as they are', async () => {
  const old = await openDB('glovebox', 1, {
    upgrade(db) {
      db.createObjectStore('runs', { keyPath: 'id' });
      db.createObjectStore('trials', { keyPath: ['runId', 'place'] });
    },
  });
  const artifact = { model: 'toy', defense: 'dro', options: {}, artifact: { vectors: [1] } };
  await old.put('runs', { ...run, learned: [artifact] });
  const { replayedFrom: _, ...record } = records[1]!;
  for (const [place, value] of [
    [3, records[3]],
    [1, { ...record, craftedOn: 'clear' }],
  ] as const)
    await old.put('trials', { runId: 'one', place, record: value });
  old.close();
  const store = await open();
  const expected = [{ place: 1, record: { ...record, replayedFrom: 'clear' } }, row(3)];
  expect(await trialsIn(store)).toEqual(expected);
  expect(await store.run('one')).toEqual({ ...info, finished: 2 });
  expect(await store.artifacts('one')).toEqual([artifact]);
  for (const _time of ['made', 'read'])
    expect(await inOneList(store.digests('one'))).toEqual(
      expected.map(({ place, record: one }) => ({ place, digest: digestOf(one) })),
    );
  await store.append('one', [row(4)]);
  expect((await inOneList(store.digests('one'))).map(({ place }) => place)).toEqual([1, 3, 4]);
});

test('a database of a newer release is left alone, with a clear message', async () => {
  (await openDB('glovebox', 6)).close();
  const store = await open();
  await expect(store.runs()).rejects.toMatchObject({
    code: 'storage-newer',
    advice: expect.stringContaining('Reload'),
  });
});

/** What goes wrong at an append, and what the user does before going on. */
const failures: Readonly<Record<string, () => Promise<() => void>>> = {
  async 'a full disk'() {
    disk.full = true;
    return () => void (disk.full = false);
  },
  async 'a quota that is used up'() {
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    return () => add.mockRestore();
  },
  async 'a deleted database'() {
    await deleteDB('glovebox');
    return () => {};
  },
  async 'cleared site data'() {
    disk.clear();
    await deleteDB('glovebox');
    return () => {};
  },
};

describe.each(Object.keys(failures))('a run that meets %s', (failure) => {
  test.each([1, 2])('goes on to the bytes of one that was not disturbed (%s)', async (seed) => {
    const store = await open();
    let left = createRandom(`${failure} ${seed}`).integer(15);
    let mend = () => {};
    const failing: RunStore = {
      ...store,
      async append(runId, rows) {
        if (left-- === 0) mend = await failures[failure]!();
        await store.append(runId, rows);
      },
    };
    const runner = newRunner({ store: failing });
    for (let tries = 0; tries < 2; tries++) {
      try {
        const { records: ours } = await runAll(plan, runner);
        expect(linesOf(ours)).toEqual(undisturbed.lines);
        expect(store.inMemory('run')).toBeNull();
        return;
      } catch (error) {
        expect(error).toMatchObject({
          code: expect.stringMatching(/^(disk-full|quota-exceeded|storage-lost)$/),
        });
        expect(store.inMemory('run')!.count).toBeGreaterThan(0);
        mend();
      }
    }
    expect.unreachable('The run did not go on.');
  });
});
