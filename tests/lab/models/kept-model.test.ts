/** @file Repositories made for ONNX Runtime, stored as they are published. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createModelStore, type ModelStore } from '../../../src/lab/models/model-store.ts';
import { addModel } from '../../../scripts/cli/models/add.ts';
import { cachedModels, folderOf } from '../../../scripts/cli/models/cache.ts';
import { damageIn } from '../../../scripts/cli/models/stored-form.ts';
import { processor } from '../../../src/models/compute-device.ts';
import { onnxFiles } from '../../../src/models/hub/choice.ts';
import { storedFile } from '../../../src/models/stored-files.ts';
import { blobs, jsonBlob, zipOf } from '../../models/import/brought.ts';
import { tinyFolder } from '../../models/tiny-model.ts';
import { stubFiles } from './memory-files.ts';

const published = blobs(tinyFolder());
published.delete('model.safetensors');
const options = {
  title: 'tiny',
  origin: 'huggingface.co/org/tiny at c0ffee',
  repository: 'org/tiny',
  task: 'text-generation',
} as const;

let store: ModelStore;
beforeEach(() => {
  stubFiles();
  store = createModelStore(() => new Date('2026-11-26T08:00:00Z'));
});
afterEach(() => vi.unstubAllGlobals());

test('files of a repository do not take the places of those of the store', async () => {
  const own = new Map([...published, ['model.json', jsonBlob({})], ['state.json', jsonBlob({ title: 7 })]]);
  const { model } = await store.keep(own, options);
  expect(await store.list()).toEqual([model]);
  await store.use(model.id);
  const list = [...own].map(([path, { size }]) => ({
    path,
    bytes: size,
    hash: { algorithm: 'sha-256', hex: '0'.repeat(64) } as const,
  }));
  const chosen = onnxFiles(list, processor).map(({ path }) => path);
  expect(chosen).toContain('config.json');
  expect(chosen).not.toContain('model.json');
  expect(chosen).not.toContain('state.json');
});

test('the id is the same in whatever order the files come', async () => {
  const { model } = await store.keep(published, options);
  const reversed = new Map([...published].toReversed());
  expect(await store.keep(reversed, options)).toEqual({ model, wasStored: true });
});

test('an exported repository comes back as the same model', async () => {
  const { model } = await store.keep(published, options);
  const zip = new Map([['my.zip', await store.exported(model.id)]]);
  expect(await store.import(zip, {})).toEqual({ model, wasStored: true });
  await store.remove(model.id);
  const again = await store.import(zip, {});
  expect(again).toEqual({ wasStored: false, model: { ...model, origin: 'my.zip' } });
  await store.use(model.id);
});

test('the command line takes an exported repository under the same id, once', async () => {
  const { model } = await store.keep(published, options);
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-kept-'));
  vi.stubEnv('GLOVEBOX_MODELS', join(folder, 'cache'));
  vi.spyOn(console, 'error').mockReturnValue();
  try {
    const zip = await (await store.exported(model.id)).bytes();
    for (const name of ['one.zip', 'two.zip']) {
      writeFileSync(join(folder, name), zip);
      expect((await addModel(join(folder, name))).id).toBe(model.id);
    }
    expect(cachedModels()).toHaveLength(1);
    expect(await damageIn(folderOf(cachedModels()[0]!))).toBeNull();
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  }
});

test('an exported repository of which a file is another, or missing, is refused', async () => {
  const { model } = await store.keep(published, options);
  const manifest = (await storedFile(`${model.id}/model.json`))!;
  await store.remove(model.id);
  const whole = new Map([...published, ['model.json', manifest]]);
  const other = new Map([...whole, ['onnx/model.onnx', new Blob(['x'])]]);
  await expect(store.import(other, {})).rejects.toThrow(/onnx\/model\.onnx is not as the model\.json/);
  const packed = new Map([['my.zip', await zipOf(other, 0)]]);
  await expect(store.import(packed, {})).rejects.toThrow(/onnx\/model\.onnx is not as the model\.json/);
  whole.delete('tokenizer.json');
  await expect(store.import(whole, {})).rejects.toThrow(/tokenizer\.json, which .* is missing/);
  expect(await store.list()).toEqual([]);
});
