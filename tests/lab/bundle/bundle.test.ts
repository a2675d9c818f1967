/** @file A run travels as one file: what is opened elsewhere is what was saved, and what is no run is refused. */
import { BlobReader, BlobWriter, ZipReader, type FileEntry } from '@zip.js/zip.js/lib/zip-core-native.js';
import { beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../../../src/core/errors.ts';
import { placeRanges, placesIn } from '../../../src/lab/bundle/manifest.ts';
import { openBundle } from '../../../src/lab/bundle/read-bundle.ts';
import { setsOf, storeBundle } from '../../../src/lab/bundle/store-bundle.ts';
import { writeBundle } from '../../../src/lab/bundle/write-bundle.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { createSetStore } from '../../../src/lab/sets/set-store.ts';
import { createMemoryStore } from '../../../src/lab/store/memory.ts';
import type { RunStore } from '../../../src/lab/store/run-store.ts';
import { createLab } from '../../../src/lab/worker/host.ts';
import { failureOf, zipOf } from '../../models/import/brought.ts';
import { device, linesOf, loadToy, newRunner, plan, recordsIn, registries, runAll } from '../run/harness.ts';
import { memorySets } from '../sets/memory-sets.ts';

const id = '0123456789abcdef0123';

function labOn(store: RunStore) {
  const lab = createLab({ loadModel: loadToy, store, device, registries });
  const valueOf = async <T>(outcome: Promise<Outcome<T>>): Promise<T> => {
    const settled = await outcome;
    if (settled.status !== 'done') throw new Error(JSON.stringify(settled));
    return settled.value;
  };
  return { lab, valueOf };
}

const store = createMemoryStore();
let bundle: Blob;
let files: Map<string, Blob>;

beforeAll(async () => {
  await runAll(plan, newRunner({ store }), { runId: id });
  const { lab, valueOf } = labOn(store);
  bundle = await valueOf(lab.bundle(id));
  const reader = new ZipReader(new BlobReader(bundle), { useWebWorkers: false });
  files = new Map();
  for (const entry of (await reader.getEntries()) as FileEntry[])
    files.set(entry.filename, await entry.getData(new BlobWriter(), { useWebWorkers: false }));
});

test('a run that was opened elsewhere has the trials, the rates and the artifacts of the one that was saved', async () => {
  const elsewhere = labOn(createMemoryStore());
  expect(await elsewhere.valueOf(elsewhere.lab.openBundle('c', bundle))).toEqual({
    runId: id,
    added: (await store.run(id))!.finished,
  });
  const [here, there] = [labOn(store), elsewhere];
  for (const read of ['overview', 'outline', 'artifacts'] as const)
    expect(await there.valueOf<unknown>(there.lab[read](id))).toEqual(
      await here.valueOf<unknown>(here.lab[read](id)),
    );
  const lines = async ({ lab }: typeof here) => linesOf(await recordsIn(lab, id));
  expect(await lines(there)).toEqual(await lines(here));
  expect(await there.valueOf(there.lab.runs())).toMatchObject([{ id, state: 'done', device }]);
  // A second time brings nothing new.
  expect(await there.valueOf(there.lab.openBundle('c', bundle))).toEqual({ runId: id, added: 0 });
  // And it is what it was when it is saved there again.
  const again = await there.valueOf(there.lab.bundle(id));
  expect((await openBundle(again)).manifest).toEqual((await openBundle(bundle)).manifest);
});

test('labels travel with a run, and do not replace those of who opens it', async () => {
  const [from, to] = [createMemoryStore(), createMemoryStore()];
  const [here, there] = [labOn(from), labOn(to)];
  await here.valueOf(here.lab.openBundle('c', bundle));
  const [first, second] = await recordsIn(here.lab, id);
  await here.valueOf(here.lab.label(id, first!, true));
  await here.valueOf(here.lab.label(id, second!, null));
  const saved = await here.valueOf(here.lab.bundle(id));
  await there.valueOf(there.lab.openBundle('c', saved));
  expect([...(await to.labels(id))]).toEqual([...(await from.labels(id))]);
  await there.valueOf(there.lab.label(id, first!, false));
  await there.valueOf(there.lab.openBundle('c', saved));
  expect([...(await to.labels(id)).values()].toSorted()).toEqual([false, null]);
});

test('an unfinished run goes on where it is opened, to the same bytes', async () => {
  const whole = await runAll();
  const part = createMemoryStore();
  const records = whole.records.map((record, place) => ({ place, record }));
  const run = { id, plan: parsePlan(plan), device, versions: {}, createdAt: '', total: records.length };
  await part.putRun({ ...run, state: 'stopped' });
  await part.append(id, records.slice(3, 9));
  const { lab, valueOf } = labOn(part);
  const there = createMemoryStore();
  await storeBundle(await openBundle(await valueOf(lab.bundle(id))), { store: there, sets: undefined });
  expect((await runAll(plan, newRunner({ store: there }), { runId: id })).lines).toEqual(whole.lines);
});

test('a set that the plan names by its content comes along, under whatever name it had', async () => {
  const setStore = () => createSetStore(memorySets(), () => new Date(0), ['toys']);
  const here = setStore();
  const rows = new Blob(['{"id":"one","prompt":"Wake it.","kind":"harmful"}\n']);
  const { set } = await here.import(rows, 'deeds.jsonl', { title: 'Deeds', choices: {} }, {});
  const named = parsePlan({ ...plan, behaviors: [{ set: set.id, sha256: set.sha256 }] });
  const source = { plan: named, device, versions: {}, startedAt: '', runId: id, total: 5, artifacts: [] };
  const saved = await writeBundle({ ...source, trials: [], sets: await setsOf(named, here) });
  const there = setStore();
  await storeBundle(await openBundle(saved), { store: createMemoryStore(), sets: there });
  expect(await there.list()).toMatchObject([{ title: 'Deeds', sha256: set.sha256 }]);
  expect(await failureOf(setsOf(named, setStore()))).toMatch(
    /bad-plan: The behavior set "deeds" .*not here any more/,
  );
});

const text = async (path: string) => files.get(path)!.text();
const changed = (path: string, content: string | Blob) =>
  zipOf(new Map([...files, [path, new Blob([content])]]), 6);
/** With hashes that fit. */
async function forged(edit: (lines: readonly string[]) => readonly string[], more: object = {}) {
  const { plan: kept, manifest } = await openBundle(bundle);
  const lines = edit((await text('trials.jsonl')).trimEnd().split('\n'));
  const records = lines.map((line, place) => ({ place, record: JSON.parse(line) as never }));
  return writeBundle({
    ...{ plan: kept, device, versions: manifest.versions, startedAt: '', artifacts: [], sets: [] },
    ...{ runId: id, total: manifest.total, trials: [records] },
    ...more,
  });
}

test.each<[string, () => Blob | Promise<Blob>, RegExp]>([
  ['nothing', () => new Blob([]), /no run bundle, or it is cut off/],
  ['another file', () => new Blob(['{"version":1}']), /no run bundle/],
  ['a cut file', () => bundle.slice(0, bundle.size - 200), /no run bundle, or it is cut off/],
  [
    'a foreign zip file',
    () => zipOf(new Map([['word/document.xml', new Blob(['<x/>'])]]), 6),
    /it has no bundle\.json/,
  ],
  [
    'a zip file with a bundle.json of something else',
    () => changed('bundle.json', '{"bundle":1}'),
    /does not say that it is one/,
  ],
  [
    'a bundle of a later release',
    () => changed('bundle.json', '{"format":"glovebox-run","version":2}'),
    /version 2.*Update the app/,
  ],
  [
    'a bundle whose plan was changed',
    async () => changed('plan.json', (await text('plan.json')).replace('Toys', 'Tots')),
    /plan\.json is not what the file says/,
  ],
  [
    'a bundle whose trials were cut',
    async () => changed('trials.jsonl', (await text('trials.jsonl')).slice(0, 900)),
    /trials\.jsonl is not what the file says/,
  ],
  [
    'a path that leads out',
    () => zipOf(new Map([...files, ['../../evil', new Blob(['x'])]]), 6),
    /leads out of its folder/,
  ],
  [
    'many files',
    () => zipOf(new Map(Array.from({ length: 300 }, (_, i) => [`f${i}`, new Blob(['x'])])), 0),
    /more than 200 files/,
  ],
])('%s is refused with a reason, and nothing is stored', async (_name, make, reason) => {
  const there = createMemoryStore();
  const opening = async () => storeBundle(await openBundle(await make()), { store: there, sets: undefined });
  expect(await failureOf(opening())).toMatch(reason);
  expect(await there.runs()).toEqual([]);
});

test.each<[string, () => Promise<Blob>, RegExp]>([
  [
    'twice the same trial',
    () => forged((lines) => [lines[0]!, lines[0]!]),
    /trial 2 is not of its plan, or comes twice/,
  ],
  [
    'a trial of another model',
    () => forged(([line]) => [line!.replace('"model":"toy"', '"model":"other"')]),
    /trial 1 is not of its plan/,
  ],
  ['a trial without its fields', () => forged(() => ['{"version":1}']), /trial 1 is damaged/],
  [
    'more trials than the plan has',
    () => forged((lines) => lines, { total: 3 }),
    /trial 4 has no place in its plan/,
  ],
])('with hashes that fit, %s is refused, and nothing is stored', async (_name, make, reason) => {
  const there = createMemoryStore();
  const opening = async () => storeBundle(await openBundle(await make()), { store: there, sets: undefined });
  expect(await failureOf(opening())).toMatch(reason);
  expect(await there.runs()).toEqual([]);
});

test('a file that unpacks to far more than a plan is refused before it is unpacked', async () => {
  const huge = new Blob(Array.from({ length: 300 }, () => new Uint8Array(2 ** 20)));
  const bomb = await changed('plan.json', huge);
  expect(bomb.size).toBeLessThan(2 ** 20);
  expect(await failureOf(openBundle(bomb))).toMatch(
    /plan\.json would unpack to 315 MB, over the limit of 268 MB/,
  );
});

test('a run here with the same name and another plan is not overwritten', async () => {
  const there = createMemoryStore();
  await runAll({ ...plan, seed: 99 }, newRunner({ store: there }), { runId: id });
  expect(
    await failureOf(
      openBundle(bundle).then((opened) => storeBundle(opened, { store: there, sets: undefined })),
    ),
  ).toMatch(/started with another plan/);
  expect((await there.plan(id))!.seed).toBe(99);
});

test('places are written as ranges', () => {
  const places = [0, 1, 2, 7, 9, 10];
  expect(placeRanges(places)).toEqual([
    [0, 3],
    [7, 1],
    [9, 2],
  ]);
  expect([...placesIn(placeRanges(places))]).toEqual(places);
});
