/** @file The page's side of a class pack: the app as this site serves it, with models and plans, as one zip file. */
import { LabError } from '../../core/errors.ts';
import type { AppFile } from './app-file.ts';
import { askSeal } from './page-client.ts';
import { mirrorWorkerFile, serviceWorkerFile } from './policy.ts';

/** Every file of the app that the service worker knows. @throws LabError 'not-supported' without a service worker */
export const appFiles = async (): Promise<readonly AppFile[]> => (await askSeal({ type: 'files' })).files;

/** Files of the site that are not on the service worker's list: itself, and what serves the folder. */
const unlisted = [serviceWorkerFile, mirrorWorkerFile, 'serve.mjs', '_headers'] as const;

const startText = `Glovebox, for a class

Run one of these in this folder, on each computer:

  node serve.mjs
  python3 -m http.server 4173 --bind 127.0.0.1

The first opens the browser by itself; with the second, open http://localhost:4173/
What this copy brings is listed on the page Class, at the address #/class
`;

/** A file of the pack that is no file of the app. */
export interface PackPart {
  readonly path: string;
  /** About, for the progress. */
  readonly bytes: number;
  /** Asked for when its turn comes, so that only one is held. */
  readonly content: () => Promise<Blob>;
}

export interface PackWish {
  readonly files: readonly AppFile[];
  /** In place of the file of the app with this path. */
  readonly list: { readonly path: string; readonly text: string };
  readonly parts: readonly PackPart[];
  /** Where the zip is written; `null`: into the blob that is returned. */
  readonly into: WritableStream<Uint8Array> | null;
  readonly fetch: (path: string) => Promise<Response>;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number, total: number) => void;
}

const hex = (digest: ArrayBuffer) =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * The service worker's script with another file at `path` on its list, so that the copy takes the file for its own.
 * @throws LabError 'not-supported' if its list is not found
 */
export async function withListed(script: string, path: string, text: string): Promise<string> {
  const content = new TextEncoder().encode(text);
  const sha256 = hex(await crypto.subtle.digest('SHA-256', content));
  const entry = [...script.matchAll(/\{[^{}]*\}/g)].find(([found]) => found.includes(`"url":"${path}"`))?.[0];
  if (entry === undefined)
    throw new LabError('not-supported', 'This build of the app makes no class packs.', {
      advice: 'Make the pack from a folder that `npm run build` wrote.',
    });
  const listed = {
    ...(JSON.parse(entry) as AppFile),
    revision: sha256.slice(0, 32),
    bytes: content.byteLength,
    sha256,
  };
  return script.replace(entry, () => JSON.stringify(listed));
}

/**
 * Write the pack, file after file; nothing is held whole but the small ones.
 * @throws LabError 'unreachable' for a file of the app that is neither here nor on the site; DOMException "AbortError"
 */
export async function writePack(wish: PackWish): Promise<Blob | null> {
  const { files, list, parts, into, signal, onProgress } = wish;
  const { BlobWriter, ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const blobs = into ? null : new BlobWriter('application/zip');
  const writer = new ZipWriter<unknown>(blobs ?? into!, { useWebWorkers: false });
  const listed = files.filter(({ url }) => url !== list.path);
  const total = [...listed, ...parts].reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const add = async (path: string, content: ReadableStream<Uint8Array<ArrayBuffer>>, level?: 0) => {
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        done += chunk.byteLength;
        onProgress(Math.min(done, total), total);
        controller.enqueue(chunk);
      },
    });
    const options = { signal, ...(level === 0 && { level }) };
    await writer.add(`glovebox/${path}`, content.pipeThrough(counted, { signal }), options);
  };
  const addText = (path: string, text: string) => add(path, new Blob([text]).stream());
  try {
    // First those that only the site has: whether it can be reached is then known at once.
    for (const path of unlisted) {
      const text = await (await appFile(wish, path)).text();
      await addText(path, path === serviceWorkerFile ? await withListed(text, list.path, list.text) : text);
    }
    await addText(list.path, list.text);
    await addText('start.txt', startText);
    for (const { url } of listed) {
      const { body } = await appFile(wish, url);
      await add(url, body ?? new Blob([]).stream());
    }
    for (const { path, content } of parts) {
      signal.throwIfAborted();
      await add(path, (await content()).stream(), 0);
    }
    await writer.close();
    return (await blobs?.getData()) ?? null;
  } catch (error) {
    await into?.abort(error).catch(() => {});
    throw error;
  }
}

async function appFile({ fetch, signal }: PackWish, path: string): Promise<Response> {
  signal.throwIfAborted();
  const response = await fetch(path).catch(() => null);
  if (response?.ok) return response;
  throw new LabError(
    'unreachable',
    `The file ${path} of the app is not on this device, and the site does not give it.`,
    {
      advice:
        'Connect to where the app is served from, press Repair on the About page, and make the pack again.',
    },
  );
}
