/**
 * @file Parts of model files on this device, by the hash of the whole file: a download that was cut goes on with them,
 * also after a reload or under another name. Parts are as they came; the reader checks the hash of the whole.
 */
import { partBytes, type HubFile } from '../../models/hub.ts';

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

/** @param scope absolute URL of the app's folder */
export function createModelParts(caches: Pick<CacheStorage, 'open'>, scope: string) {
  const keyOf = ({ hash }: HubFile, index: number) =>
    `${scope}hub-parts/${hash.algorithm}/${hash.hex}/${index}`;
  const open = () => caches.open(cacheName);
  const indexes = (file: HubFile) => Array.from({ length: partCount(file) }, (_, index) => index);

  return {
    async get(file: HubFile, index: number): Promise<Blob | null> {
      const blob = await (await (await open()).match(keyOf(file, index)))?.blob();
      const { first, end } = partSpan(file, index);
      return blob?.size === end - first ? blob : null;
    },
    async put(file: HubFile, index: number, content: Uint8Array<ArrayBuffer>): Promise<void> {
      await (await open()).put(keyOf(file, index), new Response(content));
    },
    async drop(file: HubFile): Promise<void> {
      const cache = await open();
      await Promise.all(indexes(file).map((index) => cache.delete(keyOf(file, index))));
    },
    /** The whole file, or `null` while a part is missing. */
    async whole(file: HubFile): Promise<Blob | null> {
      const blobs: Blob[] = [];
      for (const index of indexes(file)) {
        const blob = await this.get(file, index);
        if (!blob) return null;
        blobs.push(blob);
      }
      return new Blob(blobs);
    },
    async has(file: HubFile): Promise<boolean> {
      const cache = await open();
      const found = await Promise.all(indexes(file).map((index) => cache.match(keyOf(file, index))));
      return found.every((part) => part !== undefined);
    },
  };
}
export type ModelParts = ReturnType<typeof createModelParts>;
