/**
 * @file The files of one model, fetched by us into the caches in which web-llm looks for them. So a download shows
 * bytes, can be cancelled, names the file that failed, and never keeps a file that was cut short: web-llm itself
 * offers none of these. Limit: no checksum; a shard whose length is right is taken as it is.
 */
import type { ModelRecord } from '@mlc-ai/web-llm';
import { z } from 'zod';
import { isAbort, LabError } from '../../../core/errors.ts';
import type { Abortable } from '../../language-model.ts';
import { chatConfigSchema, tensorCacheSchema, type ChatConfig, type Shard } from './config.ts';

/** The cache names are web-llm's own; it looks files up there by exact URL. */
type Scope = 'webllm/config' | 'webllm/model' | 'webllm/wasm';

export interface LoadProgress {
  readonly file: string;
  readonly loadedBytes: number;
  /** `null` when the server does not say. */
  readonly totalBytes: number | null;
}
export type OnProgress = (progress: LoadProgress) => void;

/** What a download needs from its surroundings. */
export interface FileAccess {
  readonly caches: Pick<CacheStorage, 'open'> | undefined;
  readonly fetch: typeof fetch;
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
  describe(options: Abortable): Promise<ModelDescription>;
  /** Bytes of weights that are not in the cache yet. */
  missingBytes(shards: readonly Shard[]): Promise<number>;
  /** Put weights and library into the cache. */
  download(
    shards: readonly Shard[],
    options: Abortable & { readonly onProgress?: OnProgress | undefined },
  ): Promise<void>;
}

/** Parallel downloads; the number that web-llm itself uses. */
const lanes = 4;

/**
 * @throws (from each method) LabError 'unknown-model' for a file that is not there, 'unreachable' when the server
 *   is not or a file is cut short, 'storage-unavailable', 'bad-model' for a file of the wrong kind; the signal's reason
 */
export function modelFiles(record: ModelRecord, access: FileAccess): ModelFiles {
  const folder = folderUrl(record.model);
  const urlOf = (path: string) => new URL(path, folder).href;
  const open = (scope: Scope) => openCache(access.caches, scope);

  const store = async (scope: Scope, url: string, options: FetchOptions): Promise<void> => {
    const cache = await open(scope);
    if (await cache.match(url)) return;
    const { body, headers } = await request(record.model_id, url, access.fetch, options.signal);
    const totalBytes = options.bytes ?? (Number(headers.get('content-length')) || null);
    let loadedBytes = 0;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        loadedBytes += chunk.byteLength;
        options.onProgress?.({ file: nameOf(url), loadedBytes, totalBytes });
        controller.enqueue(chunk);
      },
    });
    const type = headers.get('content-type') ?? 'application/octet-stream';
    const stored = new Response(body.pipeThrough(count), { headers: { 'content-type': type } });
    await cache.put(url, stored).catch((error: unknown) => {
      throw isAbort(error) || options.signal?.aborted ? (options.signal?.reason ?? error) : error;
    });
    if (options.bytes === undefined || loadedBytes === options.bytes) return;
    await cache.delete(url);
    throw new LabError(
      'unreachable',
      `${nameOf(url)} of ${record.model_id} came with ${loadedBytes} bytes instead of ${options.bytes}.`,
      { advice: 'Load the model again; what has arrived whole is kept.' },
    );
  };
  const read = async <T>(
    scope: Scope,
    path: string,
    schema: z.ZodType<T>,
    options: Abortable,
  ): Promise<T> => {
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

  return {
    async describe(options) {
      const config = await read('webllm/config', 'mlc-chat-config.json', chatConfigSchema, options);
      if (!config.tokenizer_files.includes('tokenizer.json'))
        throw new LabError('bad-model', `${record.model_id} has no tokenizer.json.`, {
          advice: 'Pick a model of web-llm’s list whose folder holds one.',
        });
      const tokenizer = await read('webllm/model', 'tokenizer.json', z.unknown(), options);
      const tokenizerConfig = config.tokenizer_files.includes('tokenizer_config.json')
        ? await read('webllm/model', 'tokenizer_config.json', z.record(z.string(), z.unknown()), options)
        : null;
      const { records } = await read('webllm/model', 'tensor-cache.json', tensorCacheSchema, options);
      return { config, tokenizer, tokenizerConfig, shards: records };
    },
    async missingBytes(shards) {
      const cache = await open('webllm/model');
      const sizes = shards.map(async ({ dataPath, nbytes }) =>
        (await cache.match(urlOf(dataPath))) ? 0 : nbytes,
      );
      return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
    },
    async download(shards, { signal, onProgress }) {
      // The library first: it is small, and without it the weights are of no use.
      if (isCachedLibrary(record.model_lib))
        await store('webllm/wasm', record.model_lib, { signal, onProgress });
      const waiting = shards.values();
      const lane = async () => {
        for (const { dataPath, nbytes } of waiting)
          await store('webllm/model', urlOf(dataPath), { signal, onProgress, bytes: nbytes });
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    },
  };
}

interface FetchOptions extends Abortable {
  /** The size that the file must have. */
  readonly bytes?: number;
  readonly onProgress?: OnProgress | undefined;
}

/** Where web-llm will look: it adds `resolve/main/` to any address that names no branch. */
export function folderUrl(model: string): string {
  const base = model.endsWith('/') ? model : `${model}/`;
  return new URL(/.+\/resolve\/.+\//.test(base) ? base : `${base}resolve/main/`).href;
}

/** web-llm fetches a library from localhost anew each time and never looks into the cache for it. */
const isCachedLibrary = (url: string) => url.startsWith('http') && !url.includes('localhost');

const nameOf = (url: string) => new URL(url).pathname.split('/').at(-1)!;

async function openCache(caches: FileAccess['caches'], scope: Scope): Promise<Cache> {
  const advice = 'Open the lab from https or localhost, in a window that is not private.';
  if (!caches) throw new LabError('storage-unavailable', 'This page may not store model files.', { advice });
  try {
    return await caches.open(scope);
  } catch (cause) {
    throw new LabError('storage-unavailable', 'The browser refused to store model files.', { advice, cause });
  }
}

async function request(
  modelId: string,
  url: string,
  fetchFile: typeof fetch,
  signal: AbortSignal | undefined,
): Promise<{ body: ReadableStream<Uint8Array<ArrayBuffer>>; headers: Headers }> {
  const { host } = new URL(url);
  let response: Response;
  try {
    response = await fetchFile(url, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new LabError('unreachable', `${host} could not be reached for ${nameOf(url)} of ${modelId}.`, {
      advice: 'Check the connection and that the airlock is open for this model, then load it again.',
      cause,
    });
  }
  // The hub answers 401 for a repository that does not exist.
  if ([401, 403, 404].includes(response.status))
    throw new LabError(
      'unknown-model',
      `${host} has no public ${nameOf(url)} for ${modelId} (status ${response.status}, ${url}).`,
      { advice: 'Check the name or address of the model.' },
    );
  if (!response.ok || !response.body)
    throw new LabError(
      'unreachable',
      `${host} answered ${response.status} for ${nameOf(url)} of ${modelId}.`,
      { advice: 'Try again later; what has arrived is kept.' },
    );
  return { body: response.body, headers: response.headers };
}
