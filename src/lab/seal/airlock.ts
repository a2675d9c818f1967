/**
 * @file The airlock: no request leaves the site unless the user has opened it for one named model.
 * Pure rules over plain data; `gate.ts` applies them to requests.
 */
import type { AirlockRequest } from './messages.ts';
import { isHubHost } from './policy.ts';

export interface Airlock extends AirlockRequest {
  readonly receivedBytes: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** An airlock that nobody uses for this long closes itself. */
export const idleMs = 10 * 60_000;

/** Bytes let through when the user agreed to `bytes`: headers, retries and rounding on top. */
export const allowance = (bytes: number): number => bytes * 1.1 + 1_048_576;

/** @returns the opened airlock, or the reason for refusing. */
export function open(request: AirlockRequest, now: number): Airlock | string {
  if (request.prefixes.length === 0) return 'No address was named.';
  for (const prefix of request.prefixes) {
    const url = URL.canParse(prefix) ? new URL(prefix) : null;
    if (!url || url.protocol !== 'https:' || url.username || url.password || url.search || url.hash)
      return `"${prefix}" is not a plain https address.`;
    if (!isHubHost(url.hostname)) return `${url.hostname} is not a model hub that this app knows.`;
    if (!url.pathname.endsWith('/') || url.pathname === '/')
      return `"${prefix}" must name a folder and end in a slash.`;
  }
  const { model, bytes } = request;
  const prefixes = request.prefixes.map((prefix) => new URL(prefix).href);
  return { model, bytes, prefixes, receivedBytes: 0, usedAt: now };
}

export const isOpen = (airlock: Airlock | null, now: number): airlock is Airlock =>
  airlock !== null && now - airlock.usedAt < idleMs;

/** @returns why the request is refused, or `null` when it may pass. */
export function refusal(
  airlock: Airlock | null,
  request: { readonly method: string; readonly url: string },
  now: number,
): string | null {
  if (!isOpen(airlock, now)) return 'The airlock is closed.';
  if (request.method !== 'GET') return 'Only downloads pass the airlock.';
  const url = new URL(request.url);
  // A query could carry text out of the sealed tab; model files need none.
  if (url.search !== '') return 'Addresses with a query do not pass the airlock.';
  if (!airlock.prefixes.some((prefix) => url.href.startsWith(prefix)))
    return `The airlock is open for ${airlock.model} only.`;
  if (airlock.bytes !== null && airlock.receivedBytes > allowance(airlock.bytes))
    return 'More arrived than was agreed to.';
  return null;
}
