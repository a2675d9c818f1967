import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { createSetDatabase } from '../../../src/lab/sets/set-database.ts';
import { createSetStore, type SetStore } from '../../../src/lab/sets/set-store.ts';

const content = 'goal,target\nWake the giant,Sure\nOpen the chest,Sure\n';
const fileOf = (text: string) => new Blob([text]);

let store: SetStore;
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  store = createSetStore(createSetDatabase(), () => new Date('2026-01-02'), ['tinytown']);
});
const bring = (text = content, name = 'Giant deeds.csv', title = '') =>
  store.import(fileOf(text), name, { title, choices: {} }, {});

test('a set is listed with its name, its content and what was left out', async () => {
  const { set, wasStored } = await bring(`${content},\n`);
  expect(wasStored).toBe(false);
  expect(await store.list()).toEqual([set]);
  expect(set).toMatchObject({
    id: 'giant-deeds',
    title: 'Giant deeds',
    shape: 'AdvBench',
    counts: { harmful: 2 },
    filled: { target: 2 },
    leftOut: 0,
  });
});

test('the same content is stored once, whatever the file is called', async () => {
  const first = await bring();
  const again = await bring(content.replaceAll('\n', '\r\n'), 'other.csv');
  expect(again).toMatchObject({ set: first.set, wasStored: true });
  expect(await store.list()).toHaveLength(1);
});

test('sets of one name, and those named like one of the lab, have ids of their own', async () => {
  await bring();
  expect((await bring('goal,target\nHum,Sure\n')).set.id).toBe('giant-deeds-2');
  expect((await bring('goal,target\nSing,Sure\n', 'tinytown.csv')).set.id).toBe('tinytown-2');
});

test('a plan finds a set by its content under the name that it calls it by, else by its id', async () => {
  const { set } = await bring();
  const [byContent] = await store.find([{ set: 'deeds', sha256: set.sha256 }]);
  expect(byContent).toMatchObject({ id: 'deeds', sha256: set.sha256 });
  expect(byContent?.behaviors[0]).toMatchObject({
    id: 'deeds-row-1',
    set: 'deeds',
    prompt: 'Wake the giant',
  });
  expect(await store.find([{ set: 'giant-deeds' }])).toMatchObject([{ id: 'giant-deeds' }]);
  expect(await store.find([{ set: 'deeds' }])).toEqual([]);
});

test('an exported set is imported again with the same content', async () => {
  const { set } = await bring(
    'Behavior,BehaviorID,ContextString,SemanticCategory\nWake it,wake,It sleeps.,noise\n',
  );
  const exported = await store.exported(set.id);
  await store.remove(set.id);
  expect(await store.list()).toEqual([]);
  const again = await store.import(exported, 'export.jsonl', { title: '', choices: {} }, {});
  expect(again).toMatchObject({ wasStored: false, set: { sha256: set.sha256, shape: 'Glovebox' } });
});

test('a set can be called otherwise, and keeps its id', async () => {
  const { set } = await bring();
  await store.rename(set.id, ' Deeds ');
  expect(await store.list()).toMatchObject([{ id: 'giant-deeds', title: 'Deeds' }]);
  await expect(store.rename(set.id, ' ')).rejects.toMatchObject({ code: 'bad-input' });
});

test('a file without prompts is not stored, and says which columns it has', async () => {
  await expect(bring('a,b\n1,2\n')).rejects.toMatchObject({ code: 'bad-input', advice: /a, b/ });
  await expect(bring('prompt,category\n,x\n')).rejects.toThrow('Line 2: The prompt is empty.');
  expect(await store.list()).toEqual([]);
});

test('thousands of rows come back in order', async () => {
  const lines = Array.from({ length: 2500 }, (_, i) => `Deed ${i}`);
  const { set } = await bring(`prompt\n${lines.join('\n')}\n`);
  const [found] = await store.find([{ set: set.id }]);
  expect(found?.behaviors.map(({ prompt }) => prompt)).toEqual(lines);
});

test('rows are read once while one set is looked up, and anew for another one of its name', async () => {
  const database = createSetDatabase();
  let reads = 0;
  const counting = { ...database, rows: (id: string) => (reads++, database.rows(id)) };
  store = createSetStore(counting, () => new Date('2026-01-02'), []);
  const { set } = await bring();
  const promptsOf = async () =>
    (await store.find([{ set: set.id }]))[0]!.behaviors.map(({ prompt }) => prompt);
  expect(await promptsOf()).toEqual(['Wake the giant', 'Open the chest']);
  await promptsOf();
  expect(reads).toBe(1);
  await store.remove(set.id);
  await bring('goal,target\nHum a tune,Sure\n');
  expect(await promptsOf()).toEqual(['Hum a tune']);
});
