import { expect, test } from 'vitest';
import { readFolder } from '../../../src/models/import/folder.ts';
import { importCheckpoint, type ImportOptions } from '../../../src/models/import/import-checkpoint.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import { loadTransformersModel } from '../../../src/models/runtimes/transformers/index.ts';
import { loadWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite, type Files } from '../tiny-model.ts';
import { blobs, tinyHubFolder } from './brought.ts';
import { memoryFolder } from './memory-folder.ts';

const base = { id: 'tiny', origin: 'a test', now: () => new Date(0) };
const halfAdapter = { kind: 'webgpu', f16: true } as const;

async function imported(options: Partial<ImportOptions> = {}, config?: LlamaConfig) {
  const folder = memoryFolder();
  const files = config ? blobs(tinyFolder(config)) : tinyHubFolder();
  const manifest = await importCheckpoint(await readFolder(files), folder, { ...base, ...options });
  return { manifest, files: folder.files };
}

const options = (files: Files) => ({ device: 'wasm', baseUrl: tinySite, fetch: serve(files) }) as const;
const request = { prompt: [1, 70, 80, 90], target: [100, 101, 102] };
const logProbs = async (files: Files, dtype: 'fp32' | 'fp16' | 'q4f16') => {
  const model = await loadTransformersModel(tinyEntry, { ...options(files), dtype });
  return { computes: model.computes!.precision, values: (await model.logProbs([request]))[0]! };
};

test('one file of weights serves single and half precision, and gradients', async () => {
  const { manifest, files } = await imported();
  expect(manifest.precision!.offered).toEqual(['float32', 'float16']);
  expect([...files.keys()].filter((path) => path.endsWith('.safetensors'))).toEqual(['model.safetensors']);
  const [single, half] = [await logProbs(files, 'fp32'), await logProbs(files, 'fp16')];
  expect([single.computes, half.computes]).toEqual(['float32', 'float16']);
  const white = await loadWhiteBoxModel(tinyEntry, options(files));
  const [gradients] = await white.logProbs([request]);
  single.values.forEach((value, i) => {
    expect(half.values[i]! / value).toBeCloseTo(1, 2);
    expect(gradients![i]).toBeCloseTo(value, 3);
  });
  expect(half.values).not.toEqual(single.values);
});

test('four bits are a further file, and its graph reads only the start of the weights', async () => {
  const { manifest, files } = await imported({ fourBit: true });
  expect(manifest.precision).toEqual({
    offered: ['float32', 'float16', 'q4f16'],
    why: 'You asked for a 4-bit form.',
  });
  const config = JSON.parse(new TextDecoder().decode(files.get('config.json'))) as {
    'transformers.js_config': { graphs: { q4f16: Record<string, unknown> } };
  };
  const { q4f16 } = config['transformers.js_config'].graphs;
  const needed = q4f16['model.safetensors'] as number;
  expect(needed).toBeLessThan(files.get('model.safetensors')!.byteLength / 2);
  expect(q4f16['model_q4.safetensors']).toBe('whole');
  // Damage in the rest of the file changes nothing, since it is not read.
  const whole = await logProbs(files, 'q4f16');
  const damaged = files.get('model.safetensors')!.slice().fill(0x7f, needed);
  const start = await logProbs(new Map(files).set('model.safetensors', damaged), 'q4f16');
  expect(whole.computes).toBe('q4f16');
  expect(start.values).toEqual(whole.values);
  whole.values.forEach((value) => expect(value).toBeLessThan(0));
});

test('is decided for the device: four bits of a large model only, and never on the processor', async () => {
  const onProcessor = await imported();
  expect(onProcessor.manifest.precision!.why).toMatch(/set to the processor/);
  const onAdapter = await imported({ device: halfAdapter });
  expect(onAdapter.manifest.precision!.offered).toEqual(['float32', 'float16']);
  expect(onAdapter.manifest.precision!.why).toMatch(/0 million parameters, half precision is fast enough/);
});

test.each([
  ['weights in single precision', { dtype: 'F32' }, undefined, /stored in single precision/],
  [
    'activations that exceed it',
    {},
    { ...tinyConfig, modelType: 'gemma3_text', queryKeyNorm: true } as LlamaConfig,
    /exceed the range of half precision/,
  ],
] as const)(
  'half precision is not offered for %s, and the reason is stored',
  async (_, change, config, why) => {
    const { manifest, files } = await imported({ ...change, fourBit: true, device: halfAdapter }, config);
    expect(manifest.precision!.offered).toEqual(['float32']);
    expect(manifest.precision!.why).toMatch(why);
    expect([...files.keys()].filter((path) => path.startsWith('onnx/'))).toEqual(['onnx/model.onnx']);
  },
);
