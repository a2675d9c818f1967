/** @file Asks the browser what the device can do. */
import { createContext } from 'svelte';
import type { DeviceFacts } from '../../lab/plan/model-fit.ts';

/** The parts of `navigator` that are asked. */
export interface DeviceSources {
  readonly gpu?: Pick<GPU, 'requestAdapter'> | undefined;
  readonly storage?: Pick<StorageManager, 'estimate'> | undefined;
  /** Chromium only, gigabytes. */
  readonly deviceMemory?: number;
  readonly hardwareConcurrency?: number;
}

/** Without what the lab is set to. */
export type Capabilities = Omit<DeviceFacts, 'kind'>;

export class Device {
  /** `null` until asked. */
  capabilities = $state.raw<Capabilities | null>(null);
  readonly #sources: DeviceSources;

  constructor(sources: DeviceSources) {
    this.#sources = sources;
  }

  ask = async (): Promise<void> => {
    const { gpu, storage, deviceMemory, hardwareConcurrency } = this.#sources;
    const adapter = (await gpu?.requestAdapter().catch(() => null)) ?? null;
    const room = await storage?.estimate().catch(() => null);
    this.capabilities = {
      adapter: adapter && {
        f16: adapter.features.has('shader-f16'),
        maxBufferBytes: adapter.limits.maxBufferSize,
        maxBindingBytes: adapter.limits.maxStorageBufferBindingSize,
      },
      memoryBytes: deviceMemory === undefined ? null : deviceMemory * 1e9,
      cores: hardwareConcurrency ?? null,
      freeBytes: room?.quota === undefined ? null : Math.max(0, room.quota - (room.usage ?? 0)),
    };
  };
}

export const [getDevice, setDevice] = createContext<Device>();
