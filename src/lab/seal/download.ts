/** @file Fetches files of the app for keeping: with the seal's headers, without cookies, and counted before it asks. */
import type { SealStore } from './ledger.ts';
import type { OfflineFilesParts } from './offline-files.ts';
import { sealed } from './policy.ts';

export function createDownload(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  store: Pick<SealStore, 'count'>,
  now: () => number,
): OfflineFilesParts['download'] {
  return async (url, cache) => {
    // Files of this site are fetched even when the ledger cannot be written, or a full disk would end the app.
    const count: (...row: Parameters<SealStore['count']>) => Promise<void> = (...row) =>
      store.count(...row).catch((error: unknown) => console.warn('Not counted:', url, error));
    await count(url, 'app files', { requests: 1 }, new Date(now()));
    try {
      const response = sealed(await fetch(url, { cache, credentials: 'omit' }));
      const bytes = (await response.clone().arrayBuffer()).byteLength;
      await count(url, 'app files', { bytes, failures: response.ok ? 0 : 1 }, new Date(now()));
      return response;
    } catch (error) {
      await count(url, 'app files', { failures: 1 }, new Date(now()));
      throw error;
    }
  };
}
