import { prebuiltAppConfig } from '@mlc-ai/web-llm';
import { expect, test } from 'vitest';
import { needsF16 } from '../../../src/models/runtimes/webllm/preflight.ts';
import { knownModels } from '../../../src/models/catalogue/known-models.ts';
import { webLlmId } from '../../../src/models/catalogue/offers.ts';
import { webllmEntries } from '../../../src/models/runtimes/webllm/records.ts';

test('every web-llm build of the catalogue is in the list of the installed package, with the memory it states', async () => {
  const builds = knownModels.flatMap(({ builds }) => builds.filter(({ format }) => format === 'webllm'));
  expect((await webllmEntries()).map(({ id }) => id)).toEqual(builds.map(webLlmId));
  for (const build of builds) {
    const record = prebuiltAppConfig.model_list.find(({ model_id }) => model_id === webLlmId(build));
    expect(build.memoryBytes).toBe(Math.round((record!.vram_required_MB ?? 0) * 2 ** 20));
  }
});

test('entries have distinct ids, need WebGPU and say whether they need f16', async () => {
  const entries = await webllmEntries();
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  for (const { id, needs } of entries) expect(needs).toEqual({ webgpu: true, f16: /q\df16/.test(id) });
});

test('a model that the package no longer lists has no entry', async () => {
  expect(await webllmEntries(async () => ({ prebuiltAppConfig: { model_list: [] } }))).toEqual([]);
});

// 86 f16 models, 56 of them without the declaration: counted in the list of web-llm 0.2.86.
test('f16 models are recognized whether or not their record declares it', () => {
  const f16 = prebuiltAppConfig.model_list.filter(needsF16);
  expect(f16).toHaveLength(86);
  expect(f16.filter(({ required_features }) => !required_features?.includes('shader-f16'))).toHaveLength(56);
});
