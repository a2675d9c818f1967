/**
 * @file The files of one model, fetched by us into the caches in which web-llm looks for them. So a download reports
 * bytes, can be cancelled, names the file that failed, and never keeps a truncated file: web-llm itself does none of
 * this. Files of a hub are checked by hash on their way; those of another folder by length alone.
 */
import type { ModelRecord } from '@mlc-ai/web-llm';
import { z } from 'zod';
import { LabError } from '../../../core/errors.ts';
import { openFolder, type FolderOptions } from '../../files.ts';
import { dropParts } from '../../hub/download.ts';
import { splitHubUrl } from '../../hub/addresses.ts';
import { chatConfigSchema, tensorCacheSchema, type ChatConfig, type Shard } from './config.ts';

/** The cache names are web-llm's own; it looks files up there by exact URL. */
type Scope = 'webllm/config' | 'webllm/model' | 'webllm/wasm';

export type FileCache = Pick<Cache, 'match' | 'put' | 'delete'>;
export interface FileCaches {
  open(name: string): Promise<FileCache>;
}

/** The small files, read before the weights. */
export interface ModelDescription {
  readonly config: ChatConfig;
  readonly tokenizer: unknown;
  /** `null` when the folder has none. */
  readonly tokenizerConfig: Readonly<Record<string, unknown>> | null;
  readonly shards: readonly Shard[];
}

export interface ModelFiles {
  describe(): Promise<ModelDescription>;
  /** Bytes of weights that are not in the cache yet. */
  missingBytes(shards: readonly Shard[]): Promise<number>;
  /** Put weights and library into the cache. */
  download(shards: readonly Shard[]): Promise<void>;
}

/** Parallel downloads; the number that web-llm itself uses. */
const parallelDownloads = 4;

/**
 * @throws (from each method) LabError 'unknown-model' for a file that is not there, 'unreachable' when the server
 *   is not or a file is truncated, 'storage-unavailable', 'bad-model' for a file of the wrong kind; the signal's reason
 */
export function modelFiles(
  record: ModelRecord,
  caches: FileCaches | undefined,
  options: FolderOptions,
): ModelFiles {
  const folder = folderUrl(record.model);
  const urlOf = (path: string) => new URL(path, folder).href;
  const open = (scope: Scope) => openCache(caches, scope);

  const store = async (scope: Scope, url: string, { signal, bytes }: StoreOptions): Promise<void> => {
    signal?.throwIfAborted();
    const cache = await open(scope);
    if (await cache.match(url)) return;
    const base = new URL('.', url).href;
    const source = openFolder(
      { kind: 'url', base },
      {
        ...options,
        baseUrl: base,
        signal,
        onProgress: (progress) =>
          options.onProgress?.({ ...progress, totalBytes: bytes ?? progress.totalBytes }),
      },
    );
    const response = await source.response(nameOf(url));
    const { body, read } = metered(response.body!, signal);
    try {
      await cache.put(url, new Response(body, { headers: storedHeaders(response) }));
    } catch (error) {
      // What the cache throws does not say why the body ended; what the body threw does.
      throw signal?.aborted ? signal.reason : (read.failure ?? error);
    }
    if (bytes === undefined || read.bytes === bytes) return dropCopies(url, options);
    await cache.delete(url);
    throw new LabError(
      'bad-model',
      `${nameOf(url)} of ${record.model_id} came with ${read.bytes} bytes instead of ${bytes}.`,
      { advice: 'Load the model again; complete files are kept.' },
    );
  };
  const read = async <T>(scope: Scope, path: string, schema: z.ZodType<T>): Promise<T> => {
    const url = urlOf(path);
    await store(scope, url, options);
    const cache = await open(scope);
    try {
      return schema.parse(await (await cache.match(url))?.json());
    } catch (cause) {
      await cache.delete(url);
      const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
      throw new LabError('bad-model', `${path} of ${record.model_id} cannot be used: ${why}`, {
        advice: 'Check that the address is that of a model folder made for web-llm.',
        cause,
      });
    }
  };

  const fetchLibrary = async () => {
    if (isCachedLibrary(record.model_lib)) return store('webllm/wasm', record.model_lib, options);
    // web-llm fetches it itself, whole; files of a hub have to be on this device for that.
    const base = new URL('.', record.model_lib).href;
    const source = openFolder({ kind: 'url', base }, { ...options, baseUrl: base });
    await source.bytes(nameOf(record.model_lib));
  };

  return {
    async describe() {
      const config = await read('webllm/config', 'mlc-chat-config.json', chatConfigSchema);
      if (!config.tokenizer_files.includes('tokenizer.json'))
        throw new LabError('bad-model', `${record.model_id} has no tokenizer.json.`, {
          advice: 'Pick a model of web-llm’s list whose folder holds one.',
        });
      const tokenizer = await read('webllm/model', 'tokenizer.json', z.unknown());
      const tokenizerConfig = config.tokenizer_files.includes('tokenizer_config.json')
        ? await read('webllm/model', 'tokenizer_config.json', z.record(z.string(), z.unknown()))
        : null;
      const { records } = await read('webllm/model', 'tensor-cache.json', tensorCacheSchema);
      return { config, tokenizer, tokenizerConfig, shards: records };
    },
    async missingBytes(shards) {
      const cache = await open('webllm/model');
      const sizes = shards.map(async ({ dataPath, nbytes }) =>
        (await cache.match(urlOf(dataPath))) ? 0 : nbytes,
      );
      return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
    },
    async download(shards) {
      // The library first: it is small, and without it the weights are of no use.
      await fetchLibrary();
      const failed = new AbortController();
      const signal = AbortSignal.any(options.signal ? [options.signal, failed.signal] : [failed.signal]);
      const waiting = shards.values();
      const downloadNext = async () => {
        for (const { dataPath, nbytes } of waiting)
          await store('webllm/model', urlOf(dataPath), { signal, bytes: nbytes });
      };
      try {
        await Promise.all(Array.from({ length: parallelDownloads }, downloadNext));
      } finally {
        failed.abort(); // one failed download stops the others
      }
    },
  };
}

/** What web-llm's cache holds from now on need not be kept twice. */
const dropCopies = async (url: string, { fetch }: FolderOptions): Promise<void> => {
  if (splitHubUrl(url)) await dropParts(url, fetch);
};

interface StoreOptions {
  readonly signal?: AbortSignal | undefined;
  /** The size that the file must have. */
  readonly bytes?: number;
}

/** The folder that web-llm reads: it adds `resolve/main/` to any address that names no branch. */
function folderUrl(model: string): string {
  const base = model.endsWith('/') ? model : `${model}/`;
  return new URL(/.+\/resolve\/.+\//.test(base) ? base : `${base}resolve/main/`).href;
}

/** web-llm fetches a library from localhost each time and never reads it from the cache. */
const isCachedLibrary = (url: string) => url.startsWith('http') && !url.includes('localhost');

const nameOf = (url: string) => new URL(url).pathname.split('/').at(-1)!;

const storedHeaders = ({ headers }: Response) => ({
  'content-type': headers.get('content-type') ?? 'application/octet-stream',
});

/** The same stream, with a count of its bytes and the error that ended it. */
function metered(source: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal | undefined) {
  const read: { bytes: number; failure?: unknown } = { bytes: 0 };
  const reader = source.getReader();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        signal?.throwIfAborted();
        const { done, value } = await reader.read();
        if (done) return controller.close();
        read.bytes += value.byteLength;
        controller.enqueue(value);
      } catch (error) {
        read.failure = error;
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { body, read };
}

async function openCache(caches: FileCaches | undefined, scope: Scope): Promise<FileCache> {
  const advice = 'Open the lab from https or localhost, in a window that is not private.';
  if (!caches) throw new LabError('storage-unavailable', 'This page may not store model files.', { advice });
  try {
    return await caches.open(scope);
  } catch (cause) {
    throw new LabError('storage-unavailable', 'The browser refused to store model files.', { advice, cause });
  }
}
