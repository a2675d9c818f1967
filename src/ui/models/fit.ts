/** @file Whether a device can run a model, in plain words. Pure. */
import { bytes } from '../format.ts';
import type { ModelEntry } from '../types.ts';

/** What the browser tells about the device; `null` where it does not say. */
export interface DeviceFacts {
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

export function fitOf({ needs, bytes: size, source }: ModelEntry, facts: DeviceFacts): Fit {
  if (needs.webgpu && !facts.webgpu)
    return { verdict: 'no', words: 'Needs WebGPU, which this browser does not offer on this device.' };
  if (needs.f16 && !facts.f16)
    return { verdict: 'no', words: 'Needs half-precision shaders, which this graphics adapter lacks.' };
  if (size !== null && facts.freeBytes !== null && size > facts.freeBytes)
    return { verdict: 'no', words: `Needs ${bytes(size)}; the browser has ${bytes(facts.freeBytes)} left.` };
  // Weights are held twice for a moment while they load.
  if (size !== null && facts.memoryBytes !== null && size * 2 > facts.memoryBytes)
    return { verdict: 'maybe', words: 'May not fit into this device’s memory.' };
  if (source.kind === 'bundled' || (size !== null && size <= smallBytes))
    return { verdict: 'yes', words: 'Runs well on this device.' };
  if (!facts.webgpu) return { verdict: 'maybe', words: 'Runs on the processor: slow, but it works.' };
  return size === null
    ? { verdict: 'maybe', words: 'Size unknown until asked.' }
    : { verdict: 'yes', words: 'Runs on the graphics processor.' };
}
