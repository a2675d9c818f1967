import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from 'vitest';
import { mostThreads } from '../../../src/models/arrays/array-device.ts';
import { HeapDevice } from '../../../src/models/arrays/heap-device.ts';
import { startOrt, type OrtFactory, type OrtModule } from '../../../src/models/arrays/ort-module.ts';
import { testBatchInvariance } from './batch-invariance.ts';
import { testDevice } from './device.ts';
import { testThreadInvariance } from './thread-invariance.ts';

const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const modules = new Map<number, Promise<OrtModule>>();

async function start(threads: number): Promise<OrtModule> {
  const script = pathToFileURL(join(folder, 'ort-wasm-simd-threaded.mjs')).href;
  const { default: factory } = (await import(script)) as { readonly default: OrtFactory };
  return startOrt(factory, { numThreads: threads, locateFile: (name) => join(folder, name) });
}

/** The WASM build as browsers run it. Its kernels differ from those of the native library. */
async function open(threads = 1): Promise<HeapDevice> {
  const module = modules.get(threads) ?? start(threads);
  modules.set(threads, module);
  return new HeapDevice(await module);
}

describe('the heap of the WASM build', () => {
  testDevice(open);
  testBatchInvariance(open);
  testThreadInvariance(open, [2, mostThreads]);
});
