/** What is foretold of memory against what the heap of ONNX Runtime's WASM build takes: its last word that was written. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HeapDevice } from '../../../src/models/arrays/heap-device.ts';
import { startOrt, type OrtFactory } from '../../../src/models/arrays/ort-module.ts';
import { parameterCount } from '../../../src/models/llama-weights.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import {
  createAdapterTrainer,
  createTrainer,
  createWhiteBoxModel,
  type LlamaModel,
} from '../../../src/models/runtimes/whitebox/index.ts';
import {
  checkFits,
  gradientBytes,
  mustRecompute,
  readBytes,
  savedBytes,
  sessionBytes,
  trainerBytes,
} from '../../../src/models/runtimes/whitebox/memory.ts';
import { uploadWeights } from '../../../src/models/runtimes/whitebox/weights.ts';
import { randomIds, stubTokenizer, tinyConfig, tinyWeights } from './tiny-model.ts';

/** Large enough that what is computed outweighs the engine's own. */
const config: LlamaConfig = {
  ...tinyConfig(),
  hiddenSize: 192,
  intermediateSize: 512,
  heads: 6,
  kvHeads: 2,
  headDim: 32,
  layers: 4,
  vocabSize: 4096,
  maxPositions: 1024,
};
const weights = tinyWeights(config);
const ids = (count: number, seed: string) => randomIds(count, 4000, seed);

async function openHeap(): Promise<HeapDevice> {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  const script = pathToFileURL(join(folder, 'ort-wasm-simd-threaded.mjs')).href;
  const { default: factory } = (await import(/* @vite-ignore */ script)) as { default: OrtFactory };
  const wasmBinary = readFileSync(join(folder, 'ort-wasm-simd-threaded.wasm'));
  return new HeapDevice(await startOrt(factory, { numThreads: 1, wasmBinary, locateFile: (name) => name }));
}

/** Bytes that `work` takes of a fresh heap beyond what `prepare` left there. */
async function measured<T>(
  prepare: (device: HeapDevice) => T,
  work: (prepared: T) => Promise<unknown>,
): Promise<number> {
  const device = await openHeap();
  const { module } = device;
  const prepared = prepare(device);
  const top = module._malloc(2 ** 20);
  module._free(top);
  await work(prepared);
  const words = module.HEAPU32;
  let last = words.length - 1;
  while (words[last] === 0) last--;
  return 4 * last - top;
}

const modelOf = (device: HeapDevice): LlamaModel =>
  createWhiteBoxModel({ id: 'm', device, config, weights, tokenizer: stubTokenizer(config) });
const within = (bytes: number, foretold: number) => {
  expect(foretold / bytes).toBeGreaterThan(0.8);
  expect(foretold / bytes).toBeLessThan(1.2);
};

describe('the peak is foretold within a fifth', () => {
  test('of a gradient', async () => {
    const request = { prompt: ids(300, 'p'), target: ids(8, 't'), start: 0, end: 4 };
    const shape = { rows: 1, length: 307, predictions: 8, wanted: 'input', recompute: false } as const;
    within(await measured(modelOf, (model) => model.tokenGradient(request)), gradientBytes(config, shape));
  });
  test('of scoring', async () => {
    const requests = Array.from({ length: 10 }, (_, i) => ({
      prompt: ids(120, `p${i}`),
      target: ids(8, 't'),
    }));
    within(
      await measured(modelOf, (model) => model.logProbs(requests)),
      readBytes(config, { rows: 2, length: 127 }, 16),
    );
  });
  test('of a decode session', async () => {
    const prompts = Array.from({ length: 8 }, (_, i) => ids(100, `p${i}`));
    const work = async (model: LlamaModel) => {
      const session = await model.open(prompts);
      await session.advance(prompts.map(() => 7));
    };
    within(await measured(modelOf, work), sessionBytes(config, 8, 100, 128));
  });
  test.each(['weights', 'adapters'] as const)('of a training step on %s', async (wanted) => {
    const shape = { rows: 4, length: 128, predictions: 508, wanted } as const;
    const prepare = (device: HeapDevice) =>
      wanted === 'weights'
        ? createTrainer(device, config, weights, { learningRate: 1e-4 })
        : createAdapterTrainer(
            device,
            config,
            { adapters: { rank: 8, alpha: 16 }, beside: uploadWeights(device, config, weights) },
            { learningRate: 1e-4 },
          );
    const batch = {
      ids: Int32Array.from(ids(512, 'batch')),
      lossWeights: new Float32Array(512).fill(1),
      shape: [4, 128] as const,
    };
    const bytes = await measured(prepare, (trainer) => trainer.step(batch));
    within(bytes, gradientBytes(config, { ...shape, recompute: false }));
  });
});

test('layers are computed again where keeping them takes more than half of what is left', () => {
  const shape = { rows: 4, length: 128, predictions: 16, wanted: 'adapters' } as const;
  const kept = gradientBytes(config, { ...shape, recompute: false });
  expect(mustRecompute({ bytesLeft: 2 * kept }, config, shape)).toBe(false);
  expect(mustRecompute({ bytesLeft: 2 * kept - 2 }, config, shape)).toBe(true);
  expect(gradientBytes(config, { ...shape, recompute: true })).toBeLessThan(0.6 * kept);
  expect(mustRecompute({ bytesLeft: null }, config, shape)).toBe(savedBytes(config, shape) > 2 ** 29);
});

test('work that cannot fit is refused with what to do, before it starts', () => {
  expect(() => checkFits({ bytesLeft: 1e9 }, 'A gradient', 2e9, 'Use a shorter prompt.')).toThrow(
    expect.objectContaining({
      code: 'out-of-memory',
      message: 'A gradient takes 2.0 GB of memory; 1.0 GB are left to this engine.',
      advice: 'Use a shorter prompt.',
    }),
  );
  expect(() => checkFits({ bytesLeft: null }, 'A gradient', 2e9, '')).not.toThrow();
});

test('training all weights takes four copies of them, one on the device', () => {
  const copy = 4 * parameterCount(config);
  expect(trainerBytes(config)).toEqual({ device: copy, page: 3 * copy });
});

test('what one model holds is no longer left to another in the same engine', async () => {
  const device = await openHeap();
  const other = new HeapDevice(device.module);
  const before = other.bytesLeft;
  const array = device.upload([1000], new Float32Array(1000));
  expect(before - other.bytesLeft).toBe(4000);
  array.dispose();
  expect(other.bytesLeft).toBe(before);
});
