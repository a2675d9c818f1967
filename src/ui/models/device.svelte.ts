/** @file Asks the browser what the device can do. */
import { createContext } from 'svelte';
import type { DeviceCapabilities } from './fit.ts';

/** The parts of `navigator` that are asked. */
export interface DeviceSources {
  readonly gpu?: Pick<GPU, 'requestAdapter'> | undefined;
  readonly storage?: Pick<StorageManager, 'estimate'> | undefined;
  /** Chromium only, gigabytes. */
  readonly deviceMemory?: number;
}

export class Device {
  /** `null` until asked. */
  capabilities = $state.raw<DeviceCapabilities | null>(null);
  readonly #sources: DeviceSources;

  constructor(sources: DeviceSources) {
    this.#sources = sources;
  }

  ask = async (): Promise<void> => {
    const { gpu, storage, deviceMemory } = this.#sources;
    const adapter = (await gpu?.requestAdapter().catch(() => null)) ?? null;
    const room = await storage?.estimate().catch(() => null);
    this.capabilities = {
      webgpu: adapter !== null,
      f16: adapter?.features.has('shader-f16') ?? false,
      memoryBytes: deviceMemory === undefined ? null : deviceMemory * 1e9,
      freeBytes: room?.quota === undefined ? null : room.quota - (room.usage ?? 0),
    };
  };
}

export const [getDevice, setDevice] = createContext<Device>();
