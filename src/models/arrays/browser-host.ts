/** @file Opens array devices in a browser. */
import { LabError } from '../../core/errors.ts';
import { possibleThreads } from '../../core/threads.ts';
import { mostThreads, type ArrayDevice } from './array-device.ts';
import { HeapDevice } from './heap-device.ts';
import { startOrt, type OrtFactory, type OrtModule } from './ort-module.ts';

/** One engine for each number of threads: its pool is made when it starts. */
const modules = new Map<number, Promise<OrtModule>>();

async function startModule(threads: number): Promise<OrtModule> {
  const { paths } = await import('./ort-wasm-paths.ts');
  const absolute = (path: string) => new URL(path, globalThis.location.href).href;
  const { default: factory } = (await import(/* @vite-ignore */ absolute(paths.mjs))) as {
    readonly default: OrtFactory;
  };
  return startOrt(factory, { numThreads: threads, locateFile: () => absolute(paths.wasm) });
}

/** Threads of an engine that has the processor to itself. */
export const allThreads = (): number => Math.min(mostThreads, possibleThreads());

/** @throws LabError 'no-webgpu' */
export async function openDevice(kind: 'wasm' | 'webgpu', threads: number): Promise<ArrayDevice> {
  if (kind === 'webgpu') {
    if (!globalThis.navigator.gpu)
      throw new LabError('no-webgpu', 'This browser or device has no WebGPU.', {
        advice: 'Switch the device to the processor (WASM).',
      });
    return (await import('./webgpu-device.ts')).openWebGpu();
  }
  let module = modules.get(threads);
  if (!module) {
    module = startModule(threads);
    modules.set(threads, module);
    module.catch(() => modules.delete(threads));
  }
  return new HeapDevice(await module);
}
