/** @file Ties the seal to the events of a service worker. */
import { connection } from '../../core/connection.ts';
import { cachedParts } from '../../models/hub/parts.ts';
import type { AppFile } from './app-file.ts';
import { createDownload } from './download.ts';
import { createGate } from './gate.ts';
import { createHubGate } from './hub-gate.ts';
import { createSealStore } from './ledger.ts';
import type { SealMessage } from './messages.ts';
import { createOfflineFiles } from './offline-files.ts';
import { createOutside } from './outside.ts';
import { sealHeaders } from './policy.ts';
import { createTally } from './tally.ts';

export type SealScope = ServiceWorkerGlobalScope;

const isMessage = (data: unknown): data is SealMessage =>
  typeof data === 'object' && data !== null && 'type' in data && typeof data.type === 'string';

/** FNV-1a, as eight hexadecimal digits. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

export function startSeal(worker: SealScope, manifest: readonly AppFile[]): void {
  const { scope } = worker.registration;
  const endpoints = connection?.origins ?? [];
  const store = createSealStore(new URL(scope).origin);
  const tally = createTally(store, Date.now);
  const fetchNow = worker.fetch.bind(worker);
  const files = createOfflineFiles(manifest, {
    caches: worker.caches,
    scope,
    version: fingerprint(JSON.stringify(sealHeaders)),
    download: createDownload(fetchNow, store, Date.now),
  });

  const hub = createHubGate({
    store,
    parts: cachedParts(worker.caches, scope),
    outside: createOutside({ fetch: fetchNow, store, now: Date.now }),
    scope,
    now: Date.now,
    pageExists: async (id) => (await worker.clients.get(id)) !== undefined,
    keptElsewhere: async (url) => (await worker.caches.match(url)) !== undefined,
  });

  worker.addEventListener('install', (event) => event.waitUntil(files.install()));
  worker.addEventListener('activate', (event) =>
    event.waitUntil(files.tidy().then(() => worker.clients.claim())),
  );
  worker.addEventListener('fetch', (event) => {
    if (!/^https?:/.test(event.request.url)) return;
    const hold = (work: Promise<unknown>) => event.waitUntil(work);
    event.respondWith(gate(hold).fetch(event.request));
  });
  worker.addEventListener('message', (event) => {
    const { data, ports } = event;
    const page = event.source;
    // Frames and workers have nothing to ask.
    if (!isMessage(data) || !(page instanceof WindowClient) || page.frameType === 'nested') return;
    const work = async () => {
      if (data.type === 'activate') await worker.skipWaiting();
      if (data.type === 'claim') await worker.clients.claim();
      const reply = await gate((kept) => event.waitUntil(kept)).answer(data, page.id);
      const port = ports[0];
      if (port) port.postMessage(reply);
      else page.postMessage({ type: data.type, ...reply });
    };
    event.waitUntil(work());
  });
  const gate = (hold: (work: Promise<unknown>) => void) =>
    createGate({ files, hub, store, tally, fetch: fetchNow, scope, now: Date.now, endpoints, hold });
}
