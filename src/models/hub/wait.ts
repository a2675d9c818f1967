/** @file How long a hub that is asked too often wants to be left alone. */
import { pause } from '../../core/pause.ts';

/** A hub that wants a longer pause than this is not waited for, in milliseconds. The airlock stays open that long. */
export const longestWaitMs = 4 * 60_000;
/** Pauses in one download, before it is given up. */
export const mostWaits = 8;
/** Where the hub does not say, or hides it from scripts, in milliseconds. */
const defaultWaitMs = 10_000;

/**
 * @param header value of `Retry-After`: seconds, or a date
 * @param now milliseconds since the epoch
 * @returns milliseconds
 */
export function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return defaultWaitMs;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? defaultWaitMs : Math.max(0, date - now);
}

/**
 * Do `work` again after each pause that the hub asks for.
 * @param waitOf how long an error asks to wait, in milliseconds; `null` for one that asks nothing
 * @throws what `work` throws, once it asks for too long a pause, or too often
 */
export async function patiently<T>(
  work: () => Promise<T>,
  waitOf: (error: unknown) => number | null,
  {
    signal,
    onWait,
  }: { readonly signal?: AbortSignal | undefined; readonly onWait?: ((ms: number) => void) | undefined },
): Promise<T> {
  for (let waits = 0; ; waits++) {
    try {
      return await work();
    } catch (error) {
      const ms = waitOf(error);
      if (ms === null || ms > longestWaitMs || waits >= mostWaits) throw error;
      onWait?.(ms);
      await pause(ms, signal);
    }
  }
}

export const inSeconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
