import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createModelStore, type ModelStore } from '../../../src/lab/models/model-store.ts';
import { addModel } from '../../../scripts/cli/models/add.ts';
import { cachedModels } from '../../../scripts/cli/models/cache.ts';
import { hashOf, sourceFiles } from '../../../scripts/cli/models/source-files.ts';
import type { ImportProgress } from '../../../src/models/import/progress.ts';
import { importedId } from '../../../src/models/imported-id.ts';
import { storedFile } from '../../../src/models/stored-files.ts';
import { openFolder } from '../../../src/models/files.ts';
import { hashBlob } from '../../../src/models/import/hash-blob.ts';
import type { ModelManifest } from '../../../src/models/import/manifest.ts';
import { jsonBlob, tinyHubFolder } from '../../models/import/brought.ts';
import { writeSafetensors } from '../../../src/models/safetensors.ts';
import { tinyWeights } from '../../models/tiny-model.ts';
import { stubFiles, type MemoryFiles } from './memory-files.ts';

const brought = tinyHubFolder('my-model/');

let disk: MemoryFiles;
let store: ModelStore;
beforeEach(() => {
  disk = stubFiles();
  store = createModelStore(() => new Date('2026-11-26T08:00:00Z'));
});
afterEach(() => vi.unstubAllGlobals());

test('an imported model is listed with size, hash and origin, and its files are read back', async () => {
  const { model, wasStored } = await store.import(brought, {});
  expect([await store.list(), wasStored]).toEqual([[model], false]);
  expect(model).toMatchObject({ origin: 'my-model', lastUsedAt: null, pinned: false, dtype: 'F16' });
  const onDisk = [...disk.files()].filter(([path]) => !path.endsWith('/model.json'));
  expect(model.bytes).toBe(onDisk.reduce((sum, [, bytes]) => sum + bytes, 0));
  const source = { kind: 'stored', folder: model.id } as const;
  const config = await openFolder(source, { baseUrl: 'https://lab.example/' }).json('config.json');
  expect(config['model_type']).toBe('llama');
});

test('a second import of the same files finds the model that is there, also when both come at once', async () => {
  const both = await Promise.all([store.import(brought, {}), store.import(brought, {})]);
  expect(both.map(({ wasStored }) => wasStored)).toEqual([false, true]);
  expect(both[1].model).toEqual(both[0].model);
  expect((await store.import(brought, {})).wasStored).toBe(true);
  expect(await store.list()).toHaveLength(1);
});

test('in single precision it is another model', async () => {
  const { model } = await store.import(brought, {});
  const wide = await store.import(brought, { dtype: 'F32' });
  expect(wide).toMatchObject({ wasStored: false, model: { dtype: 'F32' } });
  expect(wide.model.id).toBe(model.id.replace('@', '-F32@'));
});

test('the id is that of the command line', async () => {
  const { model } = await store.import(brought, {});
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-id-'));
  for (const [path, file] of brought) writeFileSync(join(folder, path.split('/')[1]!), await file.bytes());
  const sha256 = await hashOf(sourceFiles(folder));
  rmSync(folder, { recursive: true });
  expect(model).toMatchObject({ id: importedId('my-model', sha256), sourceSha256: sha256 });
});

test('an import waits for one that was cancelled, which takes nothing of it away', async () => {
  const controller = new AbortController();
  const onProgress = ({ stage }: ImportProgress) => void (stage === 'storing' && controller.abort());
  const first = store.import(brought, { signal: controller.signal, onProgress });
  const second = store.import(brought, {});
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  const { model, wasStored } = await second;
  expect(wasStored).toBe(false);
  await store.verify(model.id);
});

test('files that come without their folder are not called by the name of one of them', async () => {
  const flat = new Map([...brought].map(([path, file]) => [path.replace('my-model/', ''), file]));
  const { title, origin } = (await store.import(flat, {})).model;
  expect([title, origin]).toEqual([
    'Imported model',
    'config.json, generation_config.json, tokenizer.json and 2 more',
  ]);
});

test('a model with a flipped byte fails its check, and is not used from then on', async () => {
  const { id } = (await store.import(brought, {})).model;
  await store.verify(id);
  await store.use(id);
  expect((await store.list())[0]!.lastUsedAt).toBe('2026-11-26T08:00:00.000Z');
  disk.flip(`models/${id}/model.safetensors`, 10_000);
  await expect(store.verify(id)).rejects.toThrow(/model\.safetensors of .* is not as it was stored/);
  await expect(store.use(id)).rejects.toMatchObject({ code: 'bad-model' });
});

test.each<[string, (path: string) => Promise<void>]>([
  ['with a flipped byte', async (path) => disk.flip(path, 10_000)],
  [
    'that was cut',
    async () => {
      const models = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
      const folder = await models.getDirectoryHandle((await store.list())[0]!.id);
      const handle = await folder.getFileHandle('model.safetensors');
      const file = await handle.createSyncAccessHandle();
      file.truncate(100);
      file.close();
    },
  ],
])('a damaged model, %s, is mended when it is brought again; what the user set stays', async (_, damage) => {
  const { model } = await store.import(brought, {});
  await store.rename(model.id, 'Mine');
  await store.pin(model.id, true);
  await damage(`models/${model.id}/model.safetensors`);
  await expect(store.verify(model.id)).rejects.toMatchObject({ code: 'bad-model' });
  expect(await store.import(brought, {})).toEqual({
    wasStored: false,
    model: { ...model, title: 'Mine', pinned: true },
  });
  await store.use(model.id);
});

test('a byte that changed since the last session keeps a model from being used', async () => {
  const { id } = (await store.import(brought, {})).model;
  disk.flip(`models/${id}/model.safetensors`, 10_000);
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
  const { id } = (await store.import(brought, {})).model;
  await store.pin(id, true);
  await expect(store.remove(id)).rejects.toMatchObject({ code: 'bad-input' });
  await store.pin(id, false);
  await store.remove(id);
  expect([await store.list(), disk.files().size]).toEqual([[], 0]);
});

test('a new name is kept; an empty one is refused', async () => {
  const { id } = (await store.import(brought, {})).model;
  await store.rename(id, ' My twin ');
  expect((await store.list())[0]!.title).toBe('My twin');
  await expect(store.rename(id, '  ')).rejects.toMatchObject({ code: 'bad-input' });
});

test('an import that is cancelled, or for which the disk is too small, leaves nothing', async () => {
  const controller = new AbortController();
  const onProgress = ({ stage }: ImportProgress) => void (stage === 'storing' && controller.abort());
  await expect(store.import(brought, { signal: controller.signal, onProgress })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(disk.files().size).toBe(0);
  disk.room = 60_000;
  await expect(store.import(brought, {})).rejects.toMatchObject({ code: 'disk-full' });
  expect(disk.files().size).toBe(0);
});

test('what an import left when its tab was closed is removed when the next one starts', async () => {
  await store.import(brought, {});
  const whole = disk.files();
  const root = await navigator.storage.getDirectory();
  const models = await root.getDirectoryHandle('models');
  const half = await models.getDirectoryHandle('half', { create: true });
  await half.getFileHandle('config.json', { create: true });
  const next = () => createModelStore(() => new Date());
  expect([(await next().list()).length, disk.files()]).toEqual([1, whole]);
  const begun = await models.getDirectoryHandle('begun', { create: true });
  await begun.getFileHandle('model.json', { create: true }); // empty
  expect([(await next().list()).length, disk.files()]).toEqual([1, whole]);
});

test('an exported model is a zip file that comes back as the same model', async () => {
  const { model } = await store.import(brought, { dtype: 'F32' });
  const zip = new Map([['my.zip', await store.exported(model.id)]]);
  expect((await store.import(zip, {})).wasStored).toBe(true);
  await store.remove(model.id);
  const again = await store.import(zip, {});
  expect(again).toEqual({ wasStored: false, model: { ...model, origin: 'my.zip' } });
});

test('the command line imports an exported model under the same id, once', async () => {
  const { model } = await store.import(brought, { dtype: 'F32' });
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-export-'));
  vi.stubEnv('GLOVEBOX_MODELS', join(folder, 'cache'));
  try {
    const zip = await (await store.exported(model.id)).bytes();
    for (const name of ['one.zip', 'two.zip']) {
      writeFileSync(join(folder, name), zip);
      expect((await addModel(join(folder, name))).id).toBe(model.id);
    }
    expect(cachedModels()).toHaveLength(1);
  } finally {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  }
});

test('an exported model of which a byte changed is refused', async () => {
  const { model } = await store.import(brought, {});
  const file = await storedFile(`${model.id}/model.safetensors`);
  const bytes = new Uint8Array(await file!.arrayBuffer());
  bytes[bytes.length - 1]! ^= 1;
  const files = new Map<string, Blob>([...brought, ['my-model/model.safetensors', new Blob([bytes])]]);
  for (const name of [
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'generation_config.json',
    'model.json',
  ])
    files.set(`my-model/${name}`, (await storedFile(`${model.id}/${name}`))!);
  await store.remove(model.id);
  await expect(store.import(files, {})).rejects.toThrow(/model\.safetensors is not as the model\.json/);
  expect(disk.files().size).toBe(0);
});

/** What an export of a stored model holds, but for the graph, which is written anew. */
async function exportOf(id: string): Promise<Map<string, Blob>> {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json'];
  const files = new Map<string, Blob>();
  for (const name of [...names, 'model.safetensors', 'model.json'])
    files.set(`my-model/${name}`, (await storedFile(`${id}/${name}`))!);
  return files;
}

/** The export with a change to one weight, and a `model.json` that says so: `change` makes it say more. */
async function forged(
  files: Map<string, Blob>,
  change: (manifest: ModelManifest) => ModelManifest = (manifest) => manifest,
): Promise<Map<string, Blob>> {
  const weights = new Map(tinyWeights());
  const name = 'model.layers.1.mlp.up_proj.weight';
  const { shape, data } = weights.get(name)!;
  weights.set(name, { shape, data: data.with(7, 0.5) });
  const file = new Blob([writeSafetensors(weights, { dtype: 'F16' })]);
  const manifest = JSON.parse(await files.get('my-model/model.json')!.text()) as ModelManifest;
  const sha256 = await hashBlob(file);
  const stated = manifest.files.map((entry) =>
    entry.path === 'model.safetensors' ? { ...entry, sha256, bytes: file.size } : entry,
  );
  const told = change({ ...manifest, files: stated });
  return new Map([...files, ['my-model/model.safetensors', file], ['my-model/model.json', jsonBlob(told)]]);
}

describe('a model.json that gives other weights the id of another model', () => {
  test('is refused where that model is stored, which stays as it was', async () => {
    const { model } = await store.import(brought, {});
    const files = await forged(await exportOf(model.id));
    await expect(store.import(files, {})).rejects.toThrow(/Another model with the id .* other weights/);
    expect(await store.list()).toEqual([model]);
    await store.verify(model.id);
  });

  test('is replaced when the files come that the id was made from; what the user set stays', async () => {
    const { model } = await store.import(brought, {});
    const files = await forged(await exportOf(model.id));
    await store.remove(model.id);
    const restored = await store.import(files, {});
    expect(restored.model.id).toBe(model.id);
    expect(restored.model.sha256).not.toBe(model.sha256);
    await store.rename(model.id, 'Mine');
    expect(await store.import(brought, {})).toEqual({
      wasStored: false,
      model: { ...model, title: 'Mine' },
    });
    expect((await store.import(brought, {})).wasStored).toBe(true);
  });

  test.each<[string, (manifest: ModelManifest) => ModelManifest, RegExp]>([
    [
      'leaves the weights out of its list',
      (manifest) => ({
        ...manifest,
        files: manifest.files.filter(({ path }) => path !== 'model.safetensors'),
      }),
      /model\.safetensors is not in the list of the model\.json/,
    ],
    [
      'lists files that are not there',
      (manifest) => ({
        ...manifest,
        files: [...manifest.files, { path: 'more.json', bytes: 2, sha256: '0'.repeat(64) }],
      }),
      /more\.json, which its model\.json lists, is missing/,
    ],
    [
      'has a hash that is not in the id',
      (manifest) => ({ ...manifest, sourceSha256: '1'.repeat(64) }),
      /does not end with the first digits of its hash/,
    ],
  ])('is refused if it %s', async (_, change, message) => {
    const { model } = await store.import(brought, {});
    const files = await forged(await exportOf(model.id), change);
    await store.remove(model.id);
    await expect(store.import(files, {})).rejects.toThrow(message);
    expect(disk.files().size).toBe(0);
  });

  test('does not stay on the command line when the files come that the id was made from', async () => {
    const { model } = await store.import(brought, {});
    const files = await forged(await exportOf(model.id));
    const folder = mkdtempSync(join(tmpdir(), 'glovebox-forged-'));
    vi.stubEnv('GLOVEBOX_MODELS', join(folder, 'cache'));
    vi.spyOn(console, 'error').mockReturnValue();
    const put = async (place: string, content: ReadonlyMap<string, Blob>) => {
      mkdirSync(join(folder, place, 'my-model'), { recursive: true });
      for (const [path, file] of content) writeFileSync(join(folder, place, path), await file.bytes());
      return join(folder, place, 'my-model');
    };
    try {
      const [bad, good] = [await put('bad', files), await put('good', brought)];
      expect((await addModel(bad)).id).toBe(model.id);
      const { sha256 } = await addModel(good);
      expect(cachedModels()).toMatchObject([{ id: model.id, sha256 }]);
      expect(sha256).toBe(model.sourceSha256);
      await expect(addModel(bad)).rejects.toThrow(/other weights/);
    } finally {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    }
  });
});
