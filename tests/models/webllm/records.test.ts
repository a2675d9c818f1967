import { prebuiltAppConfig } from '@mlc-ai/web-llm';
import { expect, test } from 'vitest';
import { needsF16 } from '../../../src/models/runtimes/webllm/preflight.ts';
import { webllmEntries } from '../../../src/models/runtimes/webllm/records.ts';

test('every family is in the list of the installed package', async () => {
  const titles = (await webllmEntries()).map(({ title }) => title.replace(/ \(.*/, ''));
  expect([...new Set(titles)]).toEqual([
    'SmolLM2 360M',
    'Qwen2.5 0.5B',
    'Qwen3 0.6B',
    'Llama 3.2 1B',
    'Gemma 3 1B',
  ]);
});

test('entries have distinct ids, need WebGPU and say whether they need f16', async () => {
  const entries = await webllmEntries();
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  for (const { id, needs } of entries) expect(needs).toEqual({ webgpu: true, f16: id.includes('q4f16') });
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
