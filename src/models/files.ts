/**
 * @file Reads the files of a model folder from any source; a failure says what is wrong and what to do.
 * Downloads report their bytes, can be cancelled, and are refused past a size limit.
 */
import { isAbort, LabError } from '../core/errors.ts';
import { faultHeader } from '../core/file-fault.ts';
import type { ModelSource } from './catalog.ts';
import { faulty, missing, unreachable } from './file-errors.ts';
import { fetchFromHub } from './hub/download.ts';
import { splitHubUrl } from './hub/addresses.ts';
import type { Abortable } from './language-model.ts';
import { fetchStored, storedFile, storedRoot } from './stored-files.ts';

export interface FileProgress {
  readonly file: string;
  readonly loadedBytes: number;
  /** `null` if the server does not say. */
  readonly totalBytes: number | null;
}

export interface FolderOptions extends Abortable {
  readonly onProgress?: ((progress: FileProgress) => void) | undefined;
  /** Where relative addresses start. Default: the site's root, as seen from one of its workers. */
  readonly baseUrl?: string | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

/** Largest size of a file that is read, in bytes. */
const limits = { json: 128 * 2 ** 20, weights: 4 * 2 ** 30 } as const;

/** Each method throws LabError 'unknown-model', 'bad-model' or 'unreachable', or the signal's reason. */
export interface ModelFolder {
  /** Ends in a slash. */
  readonly url: string;
  /** A parsed JSON object. */
  json(file: string): Promise<Readonly<Record<string, unknown>>>;
  /** As `json`, or `null` if there is no such file. */
  optionalJson(file: string): Promise<Readonly<Record<string, unknown>> | null>;
  optionalText(file: string): Promise<string | null>;
  bytes(file: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The file without a copy in this thread's memory, where the source allows that. */
  blob(file: string): Promise<Blob>;
  /** The start of a file; the rest is not read. */
  firstBytes(file: string, bytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /** A checked response whose body reports progress and fails with the same errors. */
  response(file: string): Promise<Response>;
}

/** @throws LabError 'not-supported' for a source that is not a folder */
export function openFolder(source: ModelSource, given: FolderOptions = {}): ModelFolder {
  const options = source.kind === 'stored' ? { ...given, fetch: fetchStored } : given;
  const url = folderUrl(source, options.baseUrl);
  const text = async (file: string) => new TextDecoder().decode(await read(url, file, options, limits.json));
  const json = async (file: string) => parseObject(file, await text(file));
  const optional = async <T>(load: Promise<T>): Promise<T | null> => {
    try {
      return await load;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };
  return {
    url,
    json,
    optionalJson: (file) => optional(json(file)),
    optionalText: (file) => optional(text(file)),
    bytes: (file) => read(url, file, options, limits.weights),
    blob: async (file) =>
      source.kind === 'stored'
        ? ((await storedFile(`${source.folder}/${file}`)) ?? failMissing(file))
        : readWhole(url, file, options, limits.weights, (response) => response.blob()),
    firstBytes: async (file, bytes) => {
      if (source.kind === 'stored') {
        const stored = (await storedFile(`${source.folder}/${file}`)) ?? failMissing(file);
        return new Uint8Array(await stored.slice(0, bytes).arrayBuffer());
      }
      const onProgress: FolderOptions['onProgress'] = ({ loadedBytes }) =>
        options.onProgress?.({ file, loadedBytes: Math.min(loadedBytes, bytes), totalBytes: bytes });
      return readWhole(url, file, { ...options, onProgress }, limits.weights, ({ body }) =>
        firstOf(body!, bytes, file),
      );
    },
    response: async (file) => {
      const response = await request(url, file, options);
      const body = response.body!.pipeThrough(countBytes(file, sizeOf(response), options, limits.weights));
      return new Response(body, { headers: response.headers });
    },
  };
}

/** @throws LabError 'bad-model' if the file ends before */
async function firstOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  bytes: number,
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(bytes);
  const reader = body.getReader();
  for (let at = 0; at < bytes;) {
    const { done, value } = await reader.read();
    if (done) throw damaged(file, `ends after ${at} of ${bytes} bytes`);
    whole.set(value.subarray(0, bytes - at), at);
    at += value.byteLength;
  }
  await reader.cancel();
  return whole;
}

const failMissing = (file: string): never => {
  throw missing(file, null);
};

/** True if `error` says that a file does not exist. */
export const isMissing = (error: unknown): boolean =>
  error instanceof LabError && error.code === 'unknown-model';

/** The site's root. A worker's script is one folder below it, in development and in the built site. */
export const rootUrl = (baseUrl: string | undefined): string =>
  baseUrl ?? new URL('../', globalThis.location.href).href;

function folderUrl(source: ModelSource, baseUrl: string | undefined): string {
  switch (source.kind) {
    case 'bundled':
    case 'url':
      return new URL(source.base, rootUrl(baseUrl)).href;
    case 'hub':
      throw new LabError(
        'unknown-model',
        `${source.repo} is a model of the hub, and is not on this device.`,
        {
          advice:
            'Load it on the page Models, which asks for its files first, or give --airlock on the command line.',
        },
      );
    case 'stored':
      return new URL(`${storedRoot}${encodeURIComponent(source.folder)}/`, rootUrl(baseUrl)).href;
    case 'webllm':
      throw new LabError('not-supported', `${source.modelId} is stored in web-llm's own format.`, {
        advice: 'Load it with the webllm runtime.',
      });
    case 'endpoint':
      throw new LabError('not-supported', 'The files of a model behind a server are out of reach.', {
        advice: 'Pick a model that runs in the lab.',
      });
    default:
      return source satisfies never;
  }
}

/** @returns a response that is neither an error nor a web page in place of a file */
async function request(folder: string, file: string, options: FolderOptions): Promise<Response> {
  const { signal, fetch } = options;
  signal?.throwIfAborted();
  const url = new URL(file, folder);
  if (splitHubUrl(url.href)) return fetchFromHub(url.href, options);
  let response: Response;
  try {
    response = await (fetch ?? globalThis.fetch)(url, { signal: signal ?? null });
  } catch (cause) {
    throw isAbort(cause) ? cause : unreachable(file, url, cause);
  }
  const fault = response.headers.get(faultHeader);
  if (fault !== null) throw faulty(file, fault, await response.text());
  if (response.status === 404 || response.status === 410) throw missing(file, url);
  if (response.status === 401 || response.status === 403)
    throw new LabError(
      'unknown-model',
      `${url.host} does not give ${file} to visitors who are not logged in.`,
      {
        advice: 'Check the name; a model that asks you to log in cannot be loaded here.',
      },
    );
  if (!response.ok || !response.body)
    throw unreachable(file, url, new Error(`The server answered ${response.status}.`));
  if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) throw missing(file, url);
  return response;
}

/** Bytes of the body, if the server states them and does not compress. */
const sizeOf = ({ headers }: Response): number | null =>
  headers.has('content-length') && !headers.has('content-encoding')
    ? Number(headers.get('content-length'))
    : null;

/** Counts bytes; fails past `limit`, and at the end if fewer arrived than announced. */
function countBytes(
  file: string,
  totalBytes: number | null,
  { onProgress }: FolderOptions,
  limit: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let loadedBytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      loadedBytes += chunk.byteLength;
      if (loadedBytes > limit)
        throw new LabError('bad-model', `${file} is larger than the limit of ${limit / 2 ** 20} MiB.`, {
          advice: 'Pick a smaller model.',
        });
      onProgress?.({ file, loadedBytes, totalBytes });
      controller.enqueue(chunk);
    },
    flush() {
      if (totalBytes !== null && loadedBytes < totalBytes)
        throw new LabError('bad-model', `${file} ends after ${loadedBytes} of ${totalBytes} bytes.`, {
          advice: 'Load it again; the download was cut short.',
        });
    },
  });
}

const read = (folder: string, file: string, options: FolderOptions, limit: number) =>
  readWhole(folder, file, options, limit, async (response) => new Uint8Array(await response.arrayBuffer()));

async function readWhole<T>(
  folder: string,
  file: string,
  options: FolderOptions,
  limit: number,
  collect: (response: Response) => Promise<T>,
): Promise<T> {
  const response = await request(folder, file, options);
  const body = response.body!.pipeThrough(countBytes(file, sizeOf(response), options, limit));
  try {
    return await collect(new Response(body));
  } catch (cause) {
    if (cause instanceof LabError || isAbort(cause)) throw cause;
    throw unreachable(file, new URL(file, folder), cause);
  }
}

/** A file of JSON as an object. @throws LabError 'bad-model' */
export function parseObject(file: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // Some servers send a web page for a missing file under another content type.
    if (/^\s*<(!doctype|html)/i.test(text)) throw missing(file, null);
    throw damaged(file, `is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(file, 'is not a JSON object');
  return value as Record<string, unknown>;
}

const damaged = (file: string, what: string, cause?: unknown) =>
  new LabError('bad-model', `${file} ${what}.`, {
    advice: 'Load it again; if that fails, the model folder itself is damaged.',
    cause,
  });
