/**
 * @file Parts of model files on this device, by the hash of the whole file: a download that was cut goes on with them,
 * also after a reload or under another name. Parts are as they came; the reader checks the hash of the whole.
 */
import { partBytes, type HubFile } from './addresses.ts';

/** Stays over versions of the app. */
const cacheName = 'glovebox-models';

export const partCount = ({ bytes }: HubFile): number => Math.max(1, Math.ceil(bytes / partBytes));

/** First byte and byte after the last of part `index`. */
export const partSpan = (
  { bytes }: HubFile,
  index: number,
): { readonly first: number; readonly end: number } => ({
  first: index * partBytes,
  end: Math.min(bytes, (index + 1) * partBytes),
});

/** Each method throws what the storage throws. */
export interface HubParts {
  /** `null` for a part that is not here, or not whole. */
  get(file: HubFile, index: number): Promise<Blob | null>;
  put(file: HubFile, index: number, content: Uint8Array<ArrayBuffer>): Promise<void>;
  drop(file: HubFile): Promise<void>;
  /** The whole file, or `null` while a part is missing. */
  whole(file: HubFile): Promise<Blob | null>;
  /** Bytes of the parts that are here. */
  arrived(file: HubFile): Promise<number>;
}

/** All parts of `file` as one blob, or `null`. */
export async function joinParts(file: HubFile, get: HubParts['get']): Promise<Blob | null> {
  const blobs: Blob[] = [];
  for (let index = 0; index < partCount(file); index++) {
    const blob = await get(file, index);
    if (!blob) return null;
    blobs.push(blob);
  }
  return new Blob(blobs);
}

/**
 * Parts in the browser's Cache Storage.
 * @param scope absolute URL of the app's folder
 */
export function cachedParts(caches: Pick<CacheStorage, 'open'>, scope: string): HubParts {
  const keyOf = ({ hash }: HubFile, index: number) =>
    `${scope}hub-parts/${hash.algorithm}/${hash.hex}/${index}`;
  const open = () => caches.open(cacheName);
  const indexes = (file: HubFile) => Array.from({ length: partCount(file) }, (_, index) => index);

  const get: HubParts['get'] = async (file, index) => {
    const blob = await (await (await open()).match(keyOf(file, index)))?.blob();
    const { first, end } = partSpan(file, index);
    return blob?.size === end - first ? blob : null;
  };
  return {
    get,
    async put(file, index, content) {
      await (await open()).put(keyOf(file, index), new Response(content));
    },
    async drop(file) {
      const cache = await open();
      await Promise.all(indexes(file).map((index) => cache.delete(keyOf(file, index))));
    },
    whole: (file) => joinParts(file, get),
    async arrived(file) {
      const cache = await open();
      const found = await Promise.all(
        indexes(file).map(async (index) => {
          const { first, end } = partSpan(file, index);
          return (await cache.match(keyOf(file, index))) ? end - first : 0;
        }),
      );
      return found.reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}
