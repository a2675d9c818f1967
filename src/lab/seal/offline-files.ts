/**
 * @file The files of the app kept on this device, so that it runs with the server gone.
 *
 * They arrive in two phases. The *shell* (page, styles, small scripts) is stored when the service worker installs,
 * which takes under a second, so that it can take over early. Engines, models, adapters and published results follow when
 * the page asks for a fill. Which files a device never needs (WebGPU engines without WebGPU) is decided by path.
 *
 * A file is stored and handed out only if its bytes are those that the build wrote. A wrong answer of the host is asked
 * for once more, past every cache; a damaged copy on this device is dropped and fetched again.
 */
import { isIntact, type AppFile } from './app-file.ts';
import { contentOf, packedCopy, served } from './kept-copy.ts';
import type { RepairStep } from './messages.ts';

export type Phase = 'shell' | 'fill' | 'webgpu' | 'first-use';

/** When a file is stored. `first-use`: only once it was needed, because most devices never need it. */
export function phaseOf(url: string): Phase {
  if (/^engines\/web-?llm/.test(url)) return 'first-use';
  if (/^engines\/.*(asyncify|webgpu|webgl)/.test(url)) return 'webgpu';
  return /^((engines|models|adapters|results)\/|licenses\.txt$|sbom\.json$)/.test(url) ? 'fill' : 'shell';
}

/** `reload` goes past the browser's HTTP cache, which may hold a wrong answer too. */
export type FetchCache = 'no-cache' | 'reload';

export interface OfflineFilesParts {
  readonly caches: Pick<CacheStorage, 'open' | 'keys' | 'delete'>;
  /** Fetches one file of the app; the body arrives decoded. */
  readonly download: (url: string, cache: FetchCache) => Promise<Response>;
  /** Absolute URL of the app's folder. */
  readonly scope: string;
  /** Names the cache; changes with the headers, so that stored responses never carry old ones. */
  readonly version: string;
}

/** Caches of earlier releases have this prefix too, and are removed by it. */
const cachePrefix = 'glovebox-shelf-';
/** Header of a stored response whose bytes were checked: their SHA-256. */
const checkedHeader = 'X-Glovebox-Checked';

/** The site answered, but not with the file. */
export class WrongAnswer extends Error {
  /** What it sent instead. */
  readonly answer: Response;

  constructor({ url }: AppFile, answer: Response) {
    super(
      answer.ok ? `The site sent something else in place of ${url}.` : `${url} answered ${answer.status}.`,
    );
    this.answer = answer;
  }
}

/** The copy on this device was damaged, and the site could not be reached for another one. */
export class DamagedFile extends Error {}

/** A file that may be handed out. */
export interface ServedFile {
  readonly response: Response;
  readonly from: 'device' | 'network';
  /** Settles when the file is stored, or could not be. */
  readonly stored: Promise<void>;
}

interface Download {
  readonly content: ArrayBuffer;
  readonly headers: Headers;
}

export function createOfflineFiles(
  manifest: readonly AppFile[],
  { caches, download, scope, version }: OfflineFilesParts,
) {
  const cacheName = cachePrefix + version;
  const openCache = () => caches.open(cacheName);
  const addressOf = ({ url }: AppFile) => new URL(url, scope).href;
  const keyOf = (file: AppFile) => {
    const key = new URL(file.url, scope);
    if (file.revision !== null) key.searchParams.set('revision', file.revision);
    return key.href;
  };
  const entries = new Map(manifest.map((file) => [addressOf(file), file]));

  const find = (url: string): AppFile | undefined => {
    const { origin, pathname } = new URL(url);
    return entries.get(origin + (pathname.endsWith('/') ? `${pathname}index.html` : pathname));
  };

  const put = async (file: AppFile, { content, headers }: Download): Promise<void> => {
    const marked = new Headers(headers);
    marked.set(checkedHeader, file.sha256);
    await (await openCache()).put(keyOf(file), await packedCopy(file.url, content, marked));
  };

  /** State of the copy on this device; a damaged copy is dropped. */
  const lookUp = async (file: AppFile): Promise<Response | 'missing' | 'damaged'> => {
    const cache = await openCache();
    // Looked up twice, because a response that is read or cloned loses the code that the browser compiled for it.
    const [response, same] = await Promise.all([cache.match(keyOf(file)), cache.match(keyOf(file))]);
    if (!response || !same) return 'missing';
    const content = await contentOf(same).catch(() => new ArrayBuffer(0));
    if (await isIntact(content, file)) return served(response, content);
    await cache.delete(keyOf(file));
    return 'damaged';
  };

  const fetchFile = async (file: AppFile, cache: FetchCache = 'no-cache'): Promise<Download> => {
    const answer = await download(addressOf(file), cache);
    const content = answer.ok ? await answer.clone().arrayBuffer() : null;
    if (content && (await isIntact(content, file))) {
      const headers = new Headers(answer.headers);
      headers.set('Content-Length', String(content.byteLength));
      return { content, headers };
    }
    if (answer.ok && cache === 'no-cache') return fetchFile(file, 'reload');
    throw new WrongAnswer(file, answer);
  };
  const downloads = new Map<AppFile, Promise<Download>>();
  /** One download for all that need the file now. @throws WrongAnswer, or what the network throws */
  const fetchOnce = (file: AppFile): Promise<Download> => {
    const underway = downloads.get(file) ?? fetchFile(file).finally(() => downloads.delete(file));
    downloads.set(file, underway);
    return underway;
  };

  /** Store a file unless a checked copy is here; a copy that was never checked is checked now. */
  const store = async (file: AppFile): Promise<void> => {
    const copy = await (await openCache()).match(keyOf(file));
    if (copy?.headers.get(checkedHeader) === file.sha256) return;
    const found = copy ? await lookUp(file) : 'missing';
    const intact =
      found instanceof Response ? { content: await found.arrayBuffer(), headers: found.headers } : null;
    await put(file, intact ?? (await fetchOnce(file)));
  };
  const wanted = (webgpu: boolean) =>
    manifest.filter(({ url }) => {
      const phase = phaseOf(url);
      return phase === 'shell' || phase === 'fill' || (webgpu && phase === 'webgpu');
    });
  const keysStored = async () => new Set((await (await openCache()).keys()).map(({ url }) => url));

  return {
    /** What the build listed. */
    all: manifest,

    /** Whether the app has a file at this URL; query and fragment do not count. */
    has: (url: string): boolean => find(url) !== undefined,

    /**
     * A file of the app with the bytes that the build wrote, from this device or else from the site.
     * @throws WrongAnswer if the site sends something else, even when asked twice
     * @throws DamagedFile if the copy here was damaged and the site cannot be reached
     */
    async serve(url: string): Promise<ServedFile> {
      const file = find(url);
      if (!file) throw new Error(`The app has no file at ${url}.`);
      // Where the browser has taken the cache away or cannot read it, the site still has the file.
      const found = await lookUp(file).catch(() => 'missing' as const);
      if (found instanceof Response) return { response: found, from: 'device', stored: Promise.resolve() };
      try {
        const { content, headers } = await fetchOnce(file);
        const stored = put(file, { content, headers }).catch(() => {}); // a full disk; served from the site again
        return { response: new Response(content, { headers }), from: 'network', stored };
      } catch (cause) {
        if (found === 'missing' || cause instanceof WrongAnswer) throw cause;
        throw new DamagedFile(`${file.url} is damaged on this device.`, { cause });
      }
    },

    /** Store the shell. @throws Error if any of its files cannot be had, so that the old version stays. */
    install: async (): Promise<void> => {
      await Promise.all(manifest.filter(({ url }) => phaseOf(url) === 'shell').map(store));
    },

    /** Store what else this device can run, one file after the other. */
    fill: async (webgpu: boolean): Promise<void> => {
      for (const file of wanted(webgpu)) await store(file);
    },

    /**
     * Check file after file, from number `first` on, for as long as `hasTime`. Files that are damaged, and those missing
     * that every device keeps, are fetched again. Stops at the end, or after at least one file.
     */
    async repair(first: number, hasTime: () => boolean): Promise<RepairStep> {
      const kept = new Set(wanted(false));
      const done = { replaced: [] as string[], added: [] as string[] };
      const failed: { file: string; reason: string }[] = [];
      let next = first;
      do {
        const file = manifest[next++];
        if (!file) break;
        const found = await lookUp(file);
        if (found instanceof Response || (found === 'missing' && !kept.has(file))) continue;
        try {
          await put(file, await fetchOnce(file));
          done[found === 'damaged' ? 'replaced' : 'added'].push(file.url);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          failed.push({ file: file.url, reason });
        }
      } while (hasTime());
      return { next: Math.min(next, manifest.length), total: manifest.length, ...done, failed };
    },

    /** Drop files that this version no longer has, and caches of other versions. */
    async tidy(): Promise<void> {
      for (const name of await caches.keys())
        if (name.startsWith(cachePrefix) && name !== cacheName) await caches.delete(name);
      const cache = await openCache();
      const keys = new Set(manifest.map(keyOf));
      for (const { url } of await cache.keys()) if (!keys.has(url)) await cache.delete(url);
    },

    /** Files on this device, of those that every device keeps. */
    async count(): Promise<{ stored: number; total: number }> {
      const stored = await keysStored();
      const all = wanted(false);
      return { stored: all.filter((file) => stored.has(keyOf(file))).length, total: all.length };
    },
  };
}
export type OfflineFiles = ReturnType<typeof createOfflineFiles>;
