/** @file Counts what needs no network, such as files served from this device, and writes the counts down in batches. */
import type { SealStore } from './ledger.ts';

const batchMs = 300;

export function createTally(store: Pick<SealStore, 'count'>, now: () => number, waitMs = batchMs) {
  let waiting = new Map<string, { address: string; reason: string; requests: number }>();
  let flushed: Promise<void> | null = null;

  async function flush(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const rows = waiting.values();
    waiting = new Map();
    flushed = null;
    for (const { address, reason, requests } of rows)
      await store
        .count(address, reason, { requests }, new Date(now()))
        .catch((error: unknown) => console.warn('Not counted:', address, error));
  }

  /** @returns a promise that the service worker has to stay alive for */
  return (address: string, reason: string): Promise<void> => {
    const key = `${reason} ${address}`;
    const row = waiting.get(key) ?? { address, reason, requests: 0 };
    row.requests++;
    waiting.set(key, row);
    return (flushed ??= flush());
  };
}
export type Tally = ReturnType<typeof createTally>;
