/** @file Opens array devices in Node. */
import { availableParallelism } from 'node:os';
import { LabError } from '../../core/errors.ts';
import { mostThreads, type ArrayDevice } from './array-device.ts';
import { NativeDevice } from './native-device.ts';

/** Threads of an engine that has the processor to itself. */
export const allThreads = (): number => Math.min(mostThreads, availableParallelism());

/** @throws LabError 'no-webgpu' */
export async function openDevice(kind: 'wasm' | 'webgpu', threads: number): Promise<ArrayDevice> {
  if (kind === 'webgpu')
    throw new LabError('no-webgpu', 'There is no WebGPU here.', {
      advice: 'Switch the device to the processor.',
    });
  return new NativeDevice(threads);
}
