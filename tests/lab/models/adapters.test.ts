/** @file Adapters in the store of the page and in the cache of the command line: for a model that is there, or refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { addAdapter } from '../../../scripts/cli/models/add-adapter.ts';
import { idsOf } from '../../../scripts/cli/models/named.ts';
import { findModel } from '../../../src/lab/plan/find-models.ts';
import { createModelStore, type ModelStore } from '../../../src/lab/models/model-store.ts';
import { openModelFolder } from '../../../src/models/adapted-folder.ts';
import { bundledModels } from '../../../src/models/catalog.ts';
import { parseLlamaConfig } from '../../../src/models/llama.ts';
import { mergeAdapter, writePeft, type LoraAdapter } from '../../../src/models/peft.ts';
import { initAdapters } from '../../../src/models/runtimes/whitebox/adapters.ts';
import { readSafetensors } from '../../../src/models/safetensors.ts';
import { storedEntries } from '../../../src/models/stored-entry.ts';
import { failureOf, tinyHubFolder, zipOf } from '../../models/import/brought.ts';
import { stubFiles } from './memory-files.ts';

const baseFiles = tinyHubFolder('my-model/');
const config: unknown = JSON.parse(await baseFiles.get('my-model/config.json')!.text());
const options = { rank: 2, alpha: 4, projections: ['self_attn.v_proj', 'mlp.up_proj'] as const };
const adapter: LoraAdapter = {
  ...options,
  tensors: new Map(
    [...initAdapters(parseLlamaConfig(config), options)].map(([name, { shape, data }]) => [
      name,
      { shape, data: name.endsWith('lora_B.weight') ? data.map((_, i) => 0.1 * ((i % 7) - 3)) : data },
    ]),
  ),
};
const deeper: LoraAdapter = {
  ...adapter,
  tensors: new Map(
    [...adapter.tensors].map(([name, tensor]) => [name.replace('layers.0', 'layers.9'), tensor]),
  ),
};
const adapterFiles = (
  base: string,
  folder = 'my-adapter/',
  changes: object = {},
  written = adapter,
): Map<string, Blob> =>
  new Map(
    [...writePeft(written, base)].map(([name, bytes]) => [
      folder + name,
      name.endsWith('.json')
        ? new Blob([JSON.stringify({ ...JSON.parse(new TextDecoder().decode(bytes)), ...changes })])
        : new Blob([bytes]),
    ]),
  );

let store: ModelStore;
let folder: string;
beforeEach(() => {
  stubFiles();
  vi.stubGlobal('location', { href: 'https://lab.example/assets/lab.js' });
  store = createModelStore(() => new Date('2026-11-26T08:00:00Z'));
  folder = mkdtempSync(join(tmpdir(), 'glovebox-adapter-'));
  process.env['GLOVEBOX_MODELS'] = join(folder, 'cache');
});
afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(process.env, 'GLOVEBOX_MODELS');
  rmSync(folder, { recursive: true });
});

async function onDisk(files: ReadonlyMap<string, Blob>): Promise<void> {
  for (const [path, file] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), await file.bytes());
  }
}

describe('an adapter in the store', () => {
  test('is a model of its own on the one that its files name, whose weights are not copied', async () => {
    const { model: base } = await store.import(baseFiles, {});
    const { model } = await store.import(adapterFiles('someone/My-Model'), {});
    expect(model).toMatchObject({ title: 'my-adapter', adapter: { base: base.id, rank: 2 } });
    expect(model.bytes).toBeLessThan(base.bytes);
    const entries = storedEntries(await store.list(), []);
    expect(entries.map(({ id }) => id)).toEqual([base.id, `${base.id}+${model.id}`]);
    expect(entries[1]).toMatchObject({ access: 'white-box', runtimes: ['transformers', 'whitebox'] });
    const [own, adapted] = await Promise.all(
      entries.map(async (entry) =>
        openModelFolder(entry, { baseUrl: 'https://lab.example/' }).bytes('model.safetensors'),
      ),
    );
    const merged = mergeAdapter(readSafetensors(own!).tensors, adapter);
    const name = 'model.layers.0.mlp.up_proj.weight';
    const [read, before] = [adapted!, own!].map((bytes) => readSafetensors(bytes).tensors.get(name)!.data);
    read!.forEach((value, i) => expect(value).toBeCloseTo(merged.get(name)!.data[i]!, 3));
    expect(read).not.toEqual(before);
  });

  test('keeps its model from being deleted before it', async () => {
    const { model: base } = await store.import(baseFiles, {});
    const { model } = await store.import(adapterFiles('my-model'), {});
    expect(await failureOf(store.remove(base.id))).toMatch(/"my-adapter" stands on this model/);
    await store.remove(model.id);
    await store.remove(base.id);
    expect(await store.list()).toEqual([]);
  });

  test('comes as a zip file too, and is the same', async () => {
    await store.import(baseFiles, {});
    const { model } = await store.import(adapterFiles('my-model'), {});
    const zip = new Map([['my-adapter.zip', await zipOf(adapterFiles('my-model'), 6)]]);
    expect(await store.import(zip, {})).toMatchObject({ wasStored: true, model: { id: model.id } });
  });

  test.each([
    [
      'whose model is not there',
      adapterFiles('org/Other-7B'),
      /not here: it is called "org\/Other-7B".*Import that model/,
    ],
    [
      'for a model of another shape',
      adapterFiles('my-model', 'a/', {}, deeper),
      /does not fit.*layers\.9.*not there/,
    ],
    ['with DoRA', adapterFiles('my-model', 'a/', { use_dora: true }), /DoRA.*Merge it/],
  ])('%s is refused, and nothing is stored', async (_, files, message) => {
    await store.import(baseFiles, {});
    expect(await failureOf(store.import(files, {}))).toMatch(message);
    expect(await store.list()).toHaveLength(1);
  });
});

describe('an adapter on the command line', () => {
  test('is named by its folder, and keeps the id that the page gives it', async () => {
    await onDisk(new Map([...baseFiles, ...adapterFiles('my-model')]));
    const [[, base]] = (await idsOf([join(folder, 'my-model')], {})) as unknown as [[string, string]];
    const [[, id]] = (await idsOf([join(folder, 'my-adapter')], {})) as unknown as [[string, string]];
    await store.import(baseFiles, {});
    const { model } = await store.import(adapterFiles('my-model'), {});
    expect(id).toBe(`${base}+${model.id}`);
    expect(findModel({ models: bundledModels, hub: [] }, id)).toMatchObject({
      source: { kind: 'url', base: `imported/${model.id}/` },
      adapter: { base: { kind: 'url', base: `imported/${base}/` } },
    });
  });

  test('stands on another model only if it fits', async () => {
    await onDisk(adapterFiles('my-model'));
    expect(await failureOf(addAdapter(join(folder, 'my-adapter')))).toMatch(/not here/);
    expect(await failureOf(addAdapter(join(folder, 'my-adapter'), 'tinytown-chat'))).toMatch(/does not fit/);
  });
});
