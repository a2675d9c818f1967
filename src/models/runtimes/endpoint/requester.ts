/** @file Requests to one server: a limited number at once, tried again where that can help, within a budget. */
import type { LabError } from '../../../core/errors.ts';
import { pause } from '../../../core/pause.ts';
import { untilAborted } from '../../decoding/abort.ts';
import type { EndpointReply, EndpointRequest, EndpointSettings, Send } from '../../endpoint.ts';
import { budgetSpent, gaveUp, messageIn, refusal } from './errors.ts';
import { createSlots } from './slots.ts';

const mostBackoffMs = 16_000;
/** A server that asks for a longer wait is taken to be out of service. */
const mostRetryAfterMs = 120_000;
const worthAnotherTry: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

interface Asked extends Pick<EndpointRequest, 'path' | 'body'> {
  /** Default: as the settings say. */
  readonly mostRetries?: number;
}

export interface Requester {
  readonly host: string;
  /**
   * @param read makes a value of the answer's text; what it throws counts as a failed try
   * @throws LabError 'unreachable' when all tries failed, 'budget-spent', or what the server's refusal means
   */
  ask<T>(request: Asked, read: (text: string) => T, signal?: AbortSignal): Promise<T>;
  /** Count the tokens of an answer. */
  spend(tokens: number): void;
}

/** Resolves after `ms`, and rejects with the reason of the signal. */
export type Wait = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

/** No wait is random: results must not depend on it, and the limit on requests at once spreads the tries. */
export function createRequester(settings: EndpointSettings, send: Send, waitFor: Wait = pause): Requester {
  const { name: endpoint, address, concurrency, timeoutMs, backoffMs } = settings;
  const { host } = new URL(address);
  const slots = createSlots(concurrency);
  const spent = { requests: 0, tokens: 0 };

  const checkBudget = () => {
    for (const [what, limit] of [
      ['requests', settings.maxRequests],
      ['tokens', settings.maxTokens],
    ] as const)
      if (limit !== null && spent[what] >= limit) throw budgetSpent(host, what, limit);
  };

  async function ask<T>(
    { path, body, mostRetries = Infinity }: Asked,
    read: (text: string) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    const retries = Math.min(settings.retries, mostRetries);
    let last = '';
    for (let tries = 0; tries <= retries; tries++) {
      const release = await slots.take(signal);
      let reply: EndpointReply;
      try {
        checkBudget();
        spent.requests++;
        // The exchange itself ends by its own time limit.
        reply = await untilAborted(send({ path, body, endpoint, timeoutMs }), signal);
      } finally {
        release();
      }
      const result = judge(reply, read, host);
      if ('value' in result) return result.value;
      if ('error' in result) throw result.error;
      last = result.again;
      const pause = Math.max(Math.min(backoffMs * 2 ** tries, mostBackoffMs), result.afterMs);
      if (result.afterMs > mostRetryAfterMs) throw gaveUp(host, tries + 1, last);
      if (tries < retries) await waitFor(pause, signal);
    }
    throw gaveUp(host, retries + 1, last);
  }

  return { host, ask, spend: (tokens) => void (spent.tokens += tokens) };
}

type Judged<T> =
  | { readonly value: T }
  | { readonly error: LabError }
  | { readonly again: string; readonly afterMs: number };

function judge<T>(reply: EndpointReply, read: (text: string) => T, host: string): Judged<T> {
  if (reply.kind === 'timeout') return { again: 'no answer in time', afterMs: 0 };
  if (reply.kind === 'cut') return { again: `the connection failed (${reply.reason})`, afterMs: 0 };
  const { status, body, retryAfter } = reply;
  if (worthAnotherTry.has(status))
    return {
      again: `status ${status}, ${messageIn(body) || 'without a reason'}`,
      afterMs: delayIn(retryAfter),
    };
  if (status !== 200) return { error: refusal(host, status, body) };
  try {
    return { value: read(body) };
  } catch (error) {
    return { again: `an answer that cannot be read (${(error as Error).message})`, afterMs: 0 };
  }
}

/** `Retry-After` in seconds or as a date; in ms. */
export function delayIn(header: string | null, now = Date.now()): number {
  if (header === null) return 0;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
