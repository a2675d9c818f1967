/**
 * @file The device that the worker computes on. The page chooses it before it starts the worker and passes it in the
 * worker's name.
 */
import { LabError } from '../../core/errors.ts';
import { possibleThreads } from '../../core/threads.ts';
import type { DeviceInfo, DeviceKind } from '../records/run.ts';

export const workerName = (kind: DeviceKind) => `lab-${kind}` as const;

/** @param name of the worker, as `workerName` made it; any other name means WASM */
export async function describeDevice(name: string): Promise<DeviceInfo> {
  const threads = possibleThreads();
  if (name !== workerName('webgpu'))
    return {
      kind: 'wasm',
      description: `WebAssembly, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      threads,
    };
  const info = (await requestAdapter())?.info;
  const description = [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(' ');
  return { kind: 'webgpu', description: description || 'WebGPU', threads };
}

/** @throws LabError 'no-webgpu' that says which part is missing */
export async function checkDevice(kind: DeviceKind): Promise<void> {
  if (kind === 'webgpu' && (await requestAdapter()) === null)
    throw new LabError('no-webgpu', 'This browser offers no WebGPU adapter.', {
      advice: 'Use WebAssembly, which works everywhere, or a browser and driver with WebGPU.',
    });
}

const requestAdapter = async (): Promise<GPUAdapter | null> => {
  const { gpu } = navigator as { readonly gpu?: GPU };
  return (await gpu?.requestAdapter()) ?? null;
};
