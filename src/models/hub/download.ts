/**
 * @file Reads a hub's files from their addresses on this site, part by part, a few at a time. A part that fails is asked
 * for again, later and later; a download that was cut goes on with the parts on this device. The hash of the whole
 * file is checked as it passes: the stream ends with an error, and the parts are dropped, if it is another.
 */
import { isAbort, LabError } from '../../core/errors.ts';
import { pause } from '../../core/pause.ts';
import { faultHeader } from '../../core/file-fault.ts';
import { damagedDownload, faulty, missing } from '../file-errors.ts';
import { fileHasher } from './hash.ts';
import { splitHubUrl, type HubFile } from './addresses.ts';
import { partCount, partSpan } from './parts.ts';
import { longestWaitMs, mostWaits, retryAfterMs } from './wait.ts';
import type { Abortable } from '../language-model.ts';

export interface HubDownloadOptions extends Abortable {
  readonly fetch?: typeof fetch | undefined;
  /** Waits before the tries of one part, in milliseconds. */
  readonly waitsMs?: readonly number[];
  /** Called with how long the hub asked to wait, in milliseconds, when the pause begins. */
  readonly onWait?: ((ms: number) => void) | undefined;
}

/** Parts asked for at the same time. */
const parallelParts = 3;
/** Where a part takes longer than this, the line is full: then one at a time, so that none takes too long to be kept. */
const slowPartMs = 20_000;
const defaultWaitsMs = [0, 500, 2_000, 5_000, 10_000, 20_000];

type Get = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * Files of a repository, as far as the user has agreed to them.
 * @param folder absolute address on this site
 * @param file named by the error
 * @throws LabError 'unreachable' while the airlock is closed, 'not-supported' without a service worker
 */
export async function agreedFiles(
  folder: string,
  file: string,
  { fetch: given, signal }: Pick<HubDownloadOptions, 'fetch' | 'signal'>,
): Promise<readonly HubFile[]> {
  const get: Get = given ?? globalThis.fetch;
  const response = await get(folder, { signal: signal ?? null }).catch((error: unknown) => {
    throw isAbort(error) ? error : faulty(file, 'hub-unreachable', 'The connection was cut.');
  });
  const fault = response.headers.get(faultHeader);
  if (fault !== null) throw faulty(file, fault, await response.text());
  if (!response.ok || !/json/.test(response.headers.get('content-type') ?? ''))
    throw new LabError('not-supported', `${file} is on a hub, which only the app’s service worker can ask.`, {
      advice: 'Open the lab in a browser that allows service workers, and reload the page once.',
    });
  return (await response.json()) as readonly HubFile[];
}

/**
 * @param url absolute address of a hub's file on this site
 * @returns a response whose body fails with LabError 'bad-model' or 'unreachable', or the signal's reason
 * @throws LabError 'unknown-model' for a file that is not on the list, 'unreachable' while the airlock is closed
 */
export async function fetchFromHub(
  url: string,
  { fetch: given, signal: stop, waitsMs = defaultWaitsMs, onWait }: HubDownloadOptions = {},
): Promise<Response> {
  const get: Get = given ?? globalThis.fetch;
  // One part that fails for good ends the others.
  const failed = new AbortController();
  const signal = AbortSignal.any(stop ? [stop, failed.signal] : [failed.signal]);
  const { folder, path: file } = splitHubUrl(url)!;
  const entry = (await agreedFiles(folder, file, { fetch: given, signal })).find(({ path }) => path === file);
  if (!entry) throw missing(file, new URL(url));
  const count = partCount(entry);

  const busy = busyHub(file, onWait);
  const tryPart = async (index: number): Promise<Uint8Array<ArrayBuffer> | LabError> => {
    const { first, end } = partSpan(entry, index);
    const headers = count === 1 ? {} : { range: `bytes=${first}-${end - 1}` };
    let reason: string;
    try {
      await busy.pause(signal);
      const response = await get(url, { headers, signal });
      const fault = response.headers.get(faultHeader);
      if (fault === 'hub-busy') {
        busy.note(retryAfterMs(response.headers.get('retry-after'), Date.now()), await response.text());
        return tryPart(index);
      }
      if (fault !== null && fault !== 'hub-unreachable') throw faulty(file, fault, await response.text());
      if (fault === null && response.ok) {
        const content = new Uint8Array(await response.arrayBuffer());
        if (content.byteLength === end - first) return content;
        reason = 'A part came with another length.';
      } else reason = fault === null ? `The answer was ${response.status}.` : await response.text();
    } catch (error) {
      if (error instanceof LabError || isAbort(error)) throw error;
      reason = 'The connection was cut.';
    }
    return faulty(file, 'hub-unreachable', reason);
  };
  const part = async (index: number): Promise<Uint8Array<ArrayBuffer>> => {
    let last: LabError | null = null;
    for (const wait of waitsMs) {
      await pause(wait, signal);
      const content = await tryPart(index);
      if (!(content instanceof LabError)) return content;
      last = content;
    }
    throw last ?? faulty(file, 'hub-unreachable', 'No try was made.');
  };

  const hash = fileHasher(entry);
  let slow = false;
  const waiting: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let asked = 0;
  let read = 0;
  const ask = () => {
    if (asked >= count) return;
    const began = performance.now();
    const content = part(asked++).finally(() => (slow ||= performance.now() - began > slowPartMs));
    content.catch(() => {}); // reported when its turn comes
    waiting.push(content);
  };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        // The first part alone: a host that does not send parts then sends a small file whole, once.
        while (asked < count && waiting.length < (read === 0 || slow ? 1 : parallelParts)) ask();
        const content = await waiting.shift()!.catch(async (error: unknown) => {
          failed.abort();
          await Promise.allSettled(waiting);
          throw error;
        });
        read++;
        hash.update(content);
        if (read === count && hash.hex() !== entry.hash.hex) {
          await dropParts(url, get);
          throw damagedDownload(file);
        }
        controller.enqueue(content);
        if (read === count) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'content-length': String(entry.bytes) } });
}

/** Pauses that the hub asks for, shared by all parts of a file. */
function busyHub(file: string, onWait: HubDownloadOptions['onWait']) {
  let until = -Infinity;
  let waits = 0;
  return {
    async pause(signal: AbortSignal | undefined): Promise<void> {
      await pause(Math.max(0, until - performance.now()), signal);
    },
    /** @throws LabError 'unreachable' if it is to be given up */
    note(ms: number, reason: string): void {
      // Parts that were asked for together are refused together: one pause serves them all.
      if (performance.now() < until) return;
      if (ms > longestWaitMs || ++waits > mostWaits) throw faulty(file, 'hub-busy', reason);
      until = performance.now() + ms;
      onWait?.(ms);
    },
  };
}

/** Drop the parts of a file, which something else keeps from now on. */
export const dropParts = async (url: string, get: Get = globalThis.fetch): Promise<void> =>
  void (await get(url, { method: 'DELETE' }));
