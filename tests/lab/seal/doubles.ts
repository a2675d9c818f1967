/** @file Doubles for the parts of a service worker that Node lacks: Cache Storage, and a server with named files. */

import { createHash } from 'node:crypto';
import type { AppFile } from '../../../src/lab/seal/app-file.ts';

/** A Cache Storage in memory, keyed by URL. */
export function memoryCaches(): CacheStorage {
  const all = new Map<string, Map<string, Response>>();
  const urlOf = (key: RequestInfo | URL) => (key instanceof Request ? key.url : String(key));
  const cacheOf = (files: Map<string, Response>) => ({
    match: async (key: RequestInfo | URL) => files.get(urlOf(key))?.clone(),
    put: async (key: RequestInfo | URL, response: Response) => {
      const { status, headers } = response;
      files.set(urlOf(key), new Response(await response.arrayBuffer(), { status, headers }));
    },
    delete: async (key: RequestInfo | URL) => files.delete(urlOf(key)),
    keys: async () => [...files.keys()].map((url) => new Request(url)),
  });
  return {
    open: async (name: string) => {
      const files = all.get(name) ?? new Map<string, Response>();
      all.set(name, files);
      return cacheOf(files);
    },
    keys: async () => [...all.keys()],
    delete: async (name: string) => all.delete(name),
    has: async (name: string) => all.has(name),
  } as unknown as CacheStorage;
}

/** The manifest's entry for a file that holds `text`. */
export function appFile(url: string, revision: string | null, text: string): AppFile {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { url, revision, bytes: Buffer.byteLength(text), sha256 };
}

/** A server that answers from `files` by URL and keeps what it was asked. A list is answered in turn, its last for ever. */
export function fakeServer(files: Record<string, string | string[]>) {
  const asked: { readonly url: string; readonly init: RequestInit | undefined }[] = [];
  const state = { down: false };
  return {
    asked,
    state,
    /** What it answers, by URL; may be changed. */
    files,
    fetch: async (input: Request | string, init?: RequestInit): Promise<Response> => {
      const url = typeof input === 'string' ? input : input.url;
      asked.push({ url, init });
      if (state.down) throw new TypeError('Failed to fetch');
      const answer = files[url];
      const body = Array.isArray(answer) && answer.length > 1 ? answer.shift() : answer?.toString();
      return body === undefined ? new Response('no', { status: 404 }) : new Response(body);
    },
  };
}
