/** @file Whether a device can run a model, in plain words. Pure. */
import { bytes } from '../format.ts';
import type { ModelEntry } from '../types.ts';

/** What the browser tells about the device; `null` where it does not say. */
export interface DeviceCapabilities {
  readonly webgpu: boolean;
  readonly f16: boolean;
  readonly memoryBytes: number | null;
  readonly freeBytes: number | null;
}
export interface Fit {
  readonly verdict: 'yes' | 'maybe' | 'no';
  readonly words: string;
}

/** Above this, a download is slow on a processor and heavy on a phone. */
const smallBytes = 50_000_000;

export function fitOf({ needs, bytes: size, source }: ModelEntry, capabilities: DeviceCapabilities): Fit {
  if (needs.webgpu && !capabilities.webgpu)
    return { verdict: 'no', words: 'Needs WebGPU, which this browser does not offer on this device.' };
  if (needs.f16 && !capabilities.f16)
    return { verdict: 'no', words: 'Needs half-precision shaders, which this graphics adapter lacks.' };
  if (size !== null && capabilities.freeBytes !== null && size > capabilities.freeBytes)
    return {
      verdict: 'no',
      words: `Needs ${bytes(size)}; the browser has ${bytes(capabilities.freeBytes)} left.`,
    };
  // Weights are held twice for a moment while they load.
  if (size !== null && capabilities.memoryBytes !== null && size * 2 > capabilities.memoryBytes)
    return { verdict: 'maybe', words: 'May not fit into this device’s memory.' };
  if (source.kind === 'bundled' || (size !== null && size <= smallBytes))
    return { verdict: 'yes', words: 'Runs well on this device.' };
  if (!capabilities.webgpu) return { verdict: 'maybe', words: 'Runs on the processor: slow, but it works.' };
  return size === null
    ? { verdict: 'maybe', words: 'Size unknown until asked.' }
    : { verdict: 'yes', words: 'Runs on the graphics processor.' };
}
