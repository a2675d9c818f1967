/**
 * @file The hub as the command line asks it: by the rules of the page's service worker, which here is a function that
 * answers the same addresses. Parts of downloads stay on disk, with the lists that were agreed to, so that they can be
 * dropped once a newer list names other files; what else it remembers lasts as long as the command.
 */
import type { Airlock } from '../../../src/lab/seal/airlock.ts';
import { createHubGate, type HubGate } from '../../../src/lab/seal/hub-gate.ts';
import type { HubStore } from '../../../src/lab/seal/ledger.ts';
import type { AgreedList, HubList } from '../../../src/lab/seal/messages.ts';
import { createOutside } from '../../../src/lab/seal/outside.ts';
import { isHubHost } from '../../../src/lab/seal/policy.ts';
import type { HubParts } from '../../../src/models/hub/parts.ts';
import type { AgreedLists } from './kept-lists.ts';

/** Stands for the site's folder in the addresses of a hub's files; nothing is asked there. */
export const site = 'https://lab.invalid/';

export interface Hub {
  readonly gate: HubGate;
  /** Answers the addresses of a hub's files on the site. */
  readonly fetch: typeof fetch;
}

export interface HubSettings {
  readonly parts: HubParts;
  /** Asked in place of the Hugging Face Hub; `null`: itself. */
  readonly mirror: string | null;
  /** What was agreed to. Default: it is forgotten with the command. */
  readonly lists?: AgreedLists | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

export function openHub({
  parts,
  mirror,
  lists = memoryLists(),
  fetch: given = globalThis.fetch,
}: HubSettings): Hub {
  const store = memoryStore(mirror, lists);
  const gate = createHubGate({
    store,
    parts,
    outside: createOutside({ fetch: withCheckedRedirects(given), store, now: Date.now }),
    scope: site,
    now: Date.now,
    pageExists: async () => true,
    keptElsewhere: async () => false,
  });
  return { gate, fetch: async (input, init) => gate.serve(new Request(input, init)) };
}

function memoryStore(mirror: string | null, agreed: AgreedLists): HubStore {
  const lists = new Map<string, HubList>();
  let airlock: Airlock | null = null;
  let mirrorNow = mirror;
  return {
    count: async () => undefined,
    airlock: async () => airlock,
    setAirlock: async (state) => void (airlock = state),
    async received(bytes, now) {
      if (airlock) airlock = { ...airlock, receivedBytes: airlock.receivedBytes + bytes, usedAt: now };
    },
    list: async (folder) => lists.get(folder) ?? null,
    setList: async (list) => void lists.set(list.folder, list),
    ...agreed,
    mirror: async () => mirrorNow,
    setMirror: async (address) => void (mirrorNow = address),
  };
}

function memoryLists(): AgreedLists {
  const models = new Map<string, AgreedList>();
  return {
    model: async (folder) => models.get(folder) ?? null,
    setModel: async (list) => void models.set(list.folder, list),
    models: async () => [...models.values()],
    removeModel: async (folder) => void models.delete(folder),
  };
}

const mostRedirects = 5;

/** Unlike a browser, Node says where an answer leads before going there: only hubs, and the host itself, are followed. */
function withCheckedRedirects(given: typeof fetch) {
  return async (url: string, init: RequestInit): Promise<Response> => {
    let address = url;
    for (let count = 0; count <= mostRedirects; count++) {
      const response = await given(address, { ...init, redirect: 'manual' });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null)
        return Object.defineProperty(response, 'url', { value: address });
      await response.body?.cancel();
      const next = new URL(location, address);
      const { hostname } = new URL(url);
      const isAllowed =
        next.hostname === hostname || (next.protocol === 'https:' && isHubHost(next.hostname));
      if (!isAllowed) return Object.defineProperty(new Response(null), 'url', { value: next.href });
      address = next.href;
    }
    throw new TypeError('Too many redirects.');
  };
}
