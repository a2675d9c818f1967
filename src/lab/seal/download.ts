/** @file Fetches files of the app for keeping: with the seal's headers, without cookies, and counted. */
import type { SealStore } from './ledger.ts';
import type { OfflineFilesParts } from './offline-files.ts';
import { sealed } from './policy.ts';

export function createDownload(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  store: Pick<SealStore, 'count'>,
  now: () => number,
): OfflineFilesParts['download'] {
  return async (url, cache) => {
    let bytes = 0;
    try {
      const response = sealed(await fetch(url, { cache, credentials: 'omit' }));
      bytes = (await response.clone().arrayBuffer()).byteLength;
      return response;
    } finally {
      await store.count(new URL(url).host, 'app files', bytes, new Date(now()));
    }
  };
}
