/** @file Repositories made for ONNX Runtime, stored as they are published. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createModelStore, type ModelStore } from '../../../src/lab/models/model-store.ts';
import { processor } from '../../../src/models/compute-device.ts';
import { onnxFiles } from '../../../src/models/hub/choice.ts';
import { blobs, jsonBlob } from '../../models/import/brought.ts';
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
