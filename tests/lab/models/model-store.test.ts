import { openAsBlob } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createModelStore, type ModelStore } from '../../../src/lab/models/model-store.ts';
import { freeId } from '../../../src/lab/models/model-id.ts';
import { openFolder } from '../../../src/models/files.ts';
import { stubFiles, type MemoryFiles } from './memory-files.ts';

const folder = new URL('../../../public/models/tinytown-chat/', import.meta.url);
const names = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors',
];
const brought = new Map(
  await Promise.all(
    names.map(async (name) => [`my-model/${name}`, await openAsBlob(new URL(name, folder))] as const),
  ),
);

let disk: MemoryFiles;
let store: ModelStore;
beforeEach(() => {
  disk = stubFiles();
  store = createModelStore(() => new Date('2026-11-26T08:00:00Z'));
});
afterEach(() => vi.unstubAllGlobals());

test('an imported model is listed with size, hash and origin, and its files are read back', async () => {
  const model = await store.import(brought, {});
  expect(await store.list()).toEqual([model]);
  expect(model).toMatchObject({ origin: 'my-model', lastUsedAt: null, pinned: false, dtype: 'F16' });
  const onDisk = [...disk.files()].filter(([path]) => !path.endsWith('/model.json'));
  expect(model.bytes).toBe(onDisk.reduce((sum, [, bytes]) => sum + bytes, 0));
  const source = { kind: 'stored', folder: model.id } as const;
  const config = await openFolder(source, { baseUrl: 'https://lab.example/' }).json('config.json');
  expect(config['model_type']).toBe('llama');
});

test('a second import of the same files has an id of its own', async () => {
  const [first, second] = [await store.import(brought, {}), await store.import(brought, {})];
  expect(second.id).toBe(`${first.id}-2`);
  expect([freeId('My Model.Q4_1.gguf', []), freeId('…', ['model'])]).toEqual(['my-model.q4-1', 'model-2']);
});

test('files that come without their folder are not called by the name of one of them', async () => {
  const flat = new Map([...brought].map(([path, file]) => [path.replace('my-model/', ''), file]));
  const { title, origin } = await store.import(flat, {});
  expect([title, origin]).toEqual([
    'Imported model',
    'config.json, generation_config.json, tokenizer.json and 2 more',
  ]);
});

test('a model with a flipped byte fails its check, and is not used from then on', async () => {
  const { id } = await store.import(brought, {});
  await store.verify(id);
  await store.use(id);
  expect((await store.list())[0]!.lastUsedAt).toBe('2026-11-26T08:00:00.000Z');
  disk.flip(`models/${id}/model.safetensors`, 100_000);
  await expect(store.verify(id)).rejects.toThrow(/model\.safetensors of .* is not as it was stored/);
  await expect(store.use(id)).rejects.toMatchObject({ code: 'bad-model' });
});

test('a byte that changed since the last session keeps a model from being used', async () => {
  const { id } = await store.import(brought, {});
  disk.flip(`models/${id}/model.safetensors`, 100_000);
  const later = createModelStore(() => new Date('2026-11-27T08:00:00Z'));
  await expect(later.use(id)).rejects.toThrow(/model\.safetensors of .* is not as it was stored/);
  expect((await later.list())[0]!.lastUsedAt).toBeNull();
});

test('what another tab is importing is not cleared away', async () => {
  const held = new Set(['glovebox-model-half']);
  const request = async (name: string, ...rest: unknown[]) => {
    const work = rest.at(-1) as (lock: object | null) => Promise<unknown>;
    return work(held.has(name) ? null : {});
  };
  const guarded = createModelStore(() => new Date(), { request } as unknown as LockManager);
  const models = await (
    await navigator.storage.getDirectory()
  ).getDirectoryHandle('models', { create: true });
  const half = await models.getDirectoryHandle('half', { create: true });
  await half.getFileHandle('config.json', { create: true });
  await guarded.import(brought, {});
  expect([...disk.files().keys()]).toContain('models/half/config.json');
  held.clear();
  await guarded.import(brought, {});
  expect([...disk.files().keys()]).not.toContain('models/half/config.json');
});

test('a pinned model is not deleted; a deleted one leaves nothing', async () => {
  const { id } = await store.import(brought, {});
  await store.pin(id, true);
  await expect(store.remove(id)).rejects.toMatchObject({ code: 'bad-input' });
  await store.pin(id, false);
  await store.remove(id);
  expect([await store.list(), disk.files().size]).toEqual([[], 0]);
});

test('a new name is kept; an empty one is refused', async () => {
  const { id } = await store.import(brought, {});
  await store.rename(id, ' My twin ');
  expect((await store.list())[0]!.title).toBe('My twin');
  await expect(store.rename(id, '  ')).rejects.toMatchObject({ code: 'bad-input' });
});

test('an import that is cancelled, or for which the disk is too small, leaves nothing', async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  await expect(store.import(brought, { signal: controller.signal, onProgress })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(disk.files().size).toBe(0);
  disk.room = 1e6;
  await expect(store.import(brought, {})).rejects.toMatchObject({ code: 'disk-full' });
  expect(disk.files().size).toBe(0);
});

test('what an import left when its worker was ended is removed by the next one', async () => {
  await store.import(brought, {});
  const left = [...disk.files()].length;
  disk.room = Infinity;
  const root = await navigator.storage.getDirectory();
  const models = await root.getDirectoryHandle('models');
  const half = await models.getDirectoryHandle('half', { create: true });
  await half.getFileHandle('config.json', { create: true });
  const { id } = await store.import(brought, {});
  await store.remove(id);
  expect(disk.files().size).toBe(left);
});

test('an exported model is a zip file that can be imported', async () => {
  const { id, sha256 } = await store.import(brought, {});
  const zip = await store.exported(id);
  const again = await store.import(new Map([['my.zip', zip]]), {});
  expect(again.sha256).toBe(sha256);
});
