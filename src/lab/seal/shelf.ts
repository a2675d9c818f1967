/**
 * @file The files of the app kept on this device, so that it runs with the server gone.
 *
 * They arrive in two phases. The *shell* (page, styles, small scripts) is stored when the service worker installs,
 * which takes under a second, so that it can take over early. Engines, models and published results follow when the
 * page asks for a fill. Which files a device never needs (WebGPU engines without WebGPU) is decided by path.
 */

export interface ShelfEntry {
  /** Relative to the scope. */
  readonly url: string;
  /** `null` when the file name already holds a hash of its content. */
  readonly revision: string | null;
}

export type Phase = 'shell' | 'fill' | 'webgpu' | 'first-use';

/** When a file is stored. `first-use`: only once it was needed, because most devices never need it. */
export function phaseOf(url: string): Phase {
  if (/^engines\/web-?llm/.test(url)) return 'first-use';
  if (/^engines\/.*(asyncify|webgpu|webgl)/.test(url)) return 'webgpu';
  return /^(engines|models|results)\//.test(url) ? 'fill' : 'shell';
}

export interface ShelfParts {
  readonly caches: Pick<CacheStorage, 'open' | 'keys' | 'delete'>;
  /** Fetches one file of the app past the HTTP cache. */
  readonly download: (url: string) => Promise<Response>;
  /** Absolute URL of the app's folder. */
  readonly scope: string;
  /** Names the cache; changes with the headers, so that stored responses never carry old ones. */
  readonly version: string;
}

const cachePrefix = 'glovebox-shelf-';

export function createShelf(
  manifest: readonly ShelfEntry[],
  { caches, download, scope, version }: ShelfParts,
) {
  const cacheName = cachePrefix + version;
  const keyOf = ({ url, revision }: ShelfEntry) => {
    const key = new URL(url, scope);
    if (revision !== null) key.searchParams.set('revision', revision);
    return key.href;
  };
  const entries = new Map(manifest.map((entry) => [new URL(entry.url, scope).href, entry]));

  const find = (url: string): ShelfEntry | undefined => {
    const { origin, pathname } = new URL(url);
    return entries.get(origin + (pathname.endsWith('/') ? `${pathname}index.html` : pathname));
  };
  const store = async (entry: ShelfEntry): Promise<void> => {
    const cache = await caches.open(cacheName);
    if (await cache.match(keyOf(entry))) return;
    const response = await download(new URL(entry.url, scope).href);
    if (!response.ok) throw new Error(`${entry.url} answered ${response.status}.`);
    await cache.put(keyOf(entry), response);
  };
  const wanted = (webgpu: boolean) =>
    manifest.filter(({ url }) => {
      const phase = phaseOf(url);
      return phase === 'shell' || phase === 'fill' || (webgpu && phase === 'webgpu');
    });

  return {
    /** Whether the app has a file at this URL; query and fragment do not count. */
    has: (url: string): boolean => find(url) !== undefined,

    /** The stored response, if the file is on this device. */
    async match(url: string): Promise<Response | undefined> {
      const entry = find(url);
      return entry && (await (await caches.open(cacheName)).match(keyOf(entry)));
    },

    /** Store a file that was just fetched because it was needed. Consumes `response`. */
    async put(url: string, response: Response): Promise<void> {
      const entry = find(url);
      if (entry) await (await caches.open(cacheName)).put(keyOf(entry), response);
    },

    /** Store the shell. @throws Error if any of its files cannot be had, so that the old version stays. */
    install: async (): Promise<void> => {
      await Promise.all(manifest.filter(({ url }) => phaseOf(url) === 'shell').map(store));
    },

    /** Store what else this device can run, one file after the other. */
    fill: async (webgpu: boolean): Promise<void> => {
      for (const entry of wanted(webgpu)) await store(entry);
    },

    /** Drop files that this version no longer has, and caches of other versions. */
    async tidy(): Promise<void> {
      for (const name of await caches.keys())
        if (name.startsWith(cachePrefix) && name !== cacheName) await caches.delete(name);
      const cache = await caches.open(cacheName);
      const keys = new Set(manifest.map(keyOf));
      for (const { url } of await cache.keys()) if (!keys.has(url)) await cache.delete(url);
    },

    /** Files on this device, of those that every device keeps. */
    async count(): Promise<{ stored: number; total: number }> {
      const stored = new Set((await (await caches.open(cacheName)).keys()).map(({ url }) => url));
      const all = wanted(false);
      return { stored: all.filter((entry) => stored.has(keyOf(entry))).length, total: all.length };
    },
  };
}
export type Shelf = ReturnType<typeof createShelf>;
