/** @file What this site stores on the device, and whether the browser keeps it when space runs short. */
import { createContext } from 'svelte';

/** The parts of `navigator.storage` that are asked. */
export type StorageSource = Partial<Pick<StorageManager, 'estimate' | 'persist' | 'persisted'>>;

/** Below this, in bytes, a long run may not fit. */
const tight = 200e6;

export class DeviceStorage {
  /** `null` until asked, or where the browser does not say. */
  usedBytes = $state<number | null>(null);
  freeBytes = $state<number | null>(null);
  /** The browser does not delete what is stored unless the user asks for it. */
  isKept = $state<boolean | null>(null);
  readonly isTight = $derived(this.freeBytes !== null && this.freeBytes < tight);
  readonly #source: StorageSource;
  #asked = false;

  constructor(source: StorageSource | undefined) {
    this.#source = source ?? {};
  }

  look = async (): Promise<void> => {
    const [room, kept] = await Promise.all([
      this.#source.estimate?.().catch(() => null),
      this.#source.persisted?.().catch(() => null),
    ]);
    this.usedBytes = room?.usage ?? null;
    this.freeBytes = room?.quota === undefined ? null : Math.max(0, room.quota - (room.usage ?? 0));
    this.isKept = kept ?? null;
  };

  /** Ask the browser, once per visit, to keep what is stored. To be called when the first run or model is stored. */
  keep = async (): Promise<void> => {
    if (this.#asked) return;
    this.#asked = true;
    await this.#source.persist?.().catch(() => false);
    await this.look();
  };
}

export const [getDeviceStorage, setDeviceStorage] = createContext<DeviceStorage>();
