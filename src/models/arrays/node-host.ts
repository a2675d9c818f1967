/** @file Opens array devices in Node. */
import { availableParallelism } from 'node:os';
import { LabError } from '../../core/errors.ts';
import type { ArrayDevice } from './array-device.ts';
import { NativeDevice } from './native-device.ts';

/** Threads for a model of this size: matrices of small ones are too small to share. */
export const threadsFor = (parameters: number): number => (parameters < 2e7 ? 1 : availableParallelism());

/** Threads for training, whose batches are large even where the model is small. */
export const trainingThreads = (): number => availableParallelism();

/** @throws LabError 'no-webgpu' */
export async function openDevice(kind: 'wasm' | 'webgpu', threads: number): Promise<ArrayDevice> {
  if (kind === 'webgpu')
    throw new LabError('no-webgpu', 'There is no WebGPU here.', {
      advice: 'Switch the device to the processor.',
    });
  return new NativeDevice(threads);
}
