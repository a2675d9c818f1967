import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from 'vitest';
import { HeapDevice } from '../../../src/models/arrays/heap-device.ts';
import { startOrt, type OrtFactory, type OrtModule } from '../../../src/models/arrays/ort-module.ts';
import { testBatchInvariance } from './batch-invariance.ts';
import { testDevice } from './device.ts';

const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
let module: Promise<OrtModule> | null = null;

async function start(): Promise<OrtModule> {
  const script = pathToFileURL(join(folder, 'ort-wasm-simd-threaded.mjs')).href;
  const { default: factory } = (await import(script)) as { readonly default: OrtFactory };
  return startOrt(factory, { numThreads: 1, locateFile: (name) => join(folder, name) });
}

/** The WASM build as browsers run it, on one thread. Its kernels differ from those of the native library. */
const open = async () => new HeapDevice(await (module ??= start()));

describe('the heap of the WASM build', () => {
  testDevice(open);
  testBatchInvariance(open);
});
