/** @file Keys and values of positions that were read. */
import { disposeAll, type DeviceArray, type NamedArrays } from '../../arrays/array-device.ts';

/** Keys and values of one layer, [B or 1, K, T, D]. */
export interface KeyValues extends NamedArrays {
  readonly k: DeviceArray;
  readonly v: DeviceArray;
}

export const disposeCaches = (caches: readonly KeyValues[]): void => caches.forEach(disposeAll);

/** Keys and values of the beginning that was read last: requests that follow often share it. */
export class PrefixCache {
  #ids: readonly number[] = [];
  #caches: readonly KeyValues[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** What is kept begins with these tokens. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  /** By layer, one row. Lent. */
  get caches(): readonly KeyValues[] {
    return this.#caches;
  }

  /** Keep these instead. */
  replace(ids: readonly number[], caches: readonly KeyValues[]): void {
    disposeCaches(this.#caches);
    this.#caches = caches;
    this.#ids = [...ids];
  }

  /** Run `work` when all that came before is done, so that nobody replaces what it was lent. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  dispose(): void {
    this.replace([], []);
  }
}
