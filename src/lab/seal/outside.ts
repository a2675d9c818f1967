/**
 * @file The only code that asks another host. A request is in the ledger before it is sent; nothing of the page goes
 * along: no cookies, no referrer, no header but a range of bytes that is written here. An answer is read whole.
 * Limit: on a host that cannot send a policy for the service worker, a redirect of a hub is followed before its target
 * is seen. The answer is then refused; and a request that fails on its way does not say whether it was redirected.
 */
import type { SealStore } from './ledger.ts';
import { inSeconds, retryAfterMs } from '../../models/hub/wait.ts';
import { isHubHost } from './policy.ts';

export interface OutsideParts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly store: Pick<SealStore, 'count'>;
  readonly now: () => number;
}

export interface OutsideRequest {
  readonly url: string;
  /** Shown in the ledger. */
  readonly reason: string;
  /** First and last byte, counted from 0. */
  readonly range?: { readonly first: number; readonly last: number };
  /** An answer with more bytes than this is cut off. */
  readonly mostBytes: number;
  readonly timeoutMs: number;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Empty for a status that is an error. */
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Why there is no answer. */
export class OutsideFailure extends Error {
  /** Whether asking again may help. */
  readonly again: boolean;
  /** Status of the answer, if one came that is an error. */
  readonly status: number | null;
  /** How long the host wants not to be asked, for status 429. */
  readonly waitMs: number | null;

  constructor(
    message: string,
    again: boolean,
    { status = null, waitMs = null }: Partial<Pick<OutsideFailure, 'status' | 'waitMs'>> = {},
  ) {
    super(message);
    [this.again, this.status, this.waitMs] = [again, status, waitMs];
  }
}

/** A signed address differs each time, and its query says nothing to a reader. */
const withoutQuery = (address: string) => address.replace(/[?#].*$/s, '');

export function createOutside({ fetch, store, now }: OutsideParts) {
  /** @throws OutsideFailure, or LabError of the storage when the request cannot be counted and was not sent */
  return async ({ url, reason, range, mostBytes, timeoutMs }: OutsideRequest): Promise<OutsideAnswer> => {
    const count: SealStore['count'] = (...row) => store.count(...row);
    await count(url, reason, { requests: 1 }, new Date(now()));
    let address = url;
    let bytes = 0;
    const { host } = new URL(url);
    try {
      const answer = await fetch(url, {
        mode: 'cors',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        // A stored answer would make a row of the ledger stand for no request.
        cache: 'no-store',
        headers: range ? { range: `bytes=${range.first}-${range.last}` } : {},
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (answer.url !== '' && answer.url !== url) {
        address = withoutQuery(answer.url);
        await count(address, `${reason}, redirected`, { requests: 1 }, new Date(now()));
      }
      const { hostname } = new URL(address);
      if (!isHubHost(hostname) && hostname !== new URL(url).hostname) {
        await answer.body?.cancel();
        throw new OutsideFailure(`${host} led to ${new URL(address).host}, which is no model hub.`, false);
      }
      if (!answer.ok) {
        await answer.body?.cancel();
        throw failureFor(host, answer, now());
      }
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      const reader = answer.body?.getReader();
      for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
        bytes += chunk.value.byteLength;
        if (bytes > mostBytes) {
          await reader?.cancel();
          throw new OutsideFailure(`${host} sent more than was asked for.`, false);
        }
        chunks.push(chunk.value);
      }
      const content = new Uint8Array(await new Blob(chunks).arrayBuffer());
      return { status: answer.status, headers: answer.headers, content };
    } catch (error) {
      await count(address, rowOf(reason, address !== url), { failures: 1 }, new Date(now()));
      if (error instanceof OutsideFailure) throw error;
      const slow = error instanceof DOMException && error.name === 'TimeoutError';
      throw new OutsideFailure(slow ? `${host} took too long.` : `${host} could not be reached.`, true);
    } finally {
      if (bytes > 0) await count(address, rowOf(reason, address !== url), { bytes }, new Date(now()));
    }
  };
}

function failureFor(host: string, { status, headers }: Response, now: number): OutsideFailure {
  if (status !== 429) return new OutsideFailure(`${host} answered ${status}.`, status >= 500, { status });
  const waitMs = retryAfterMs(headers.get('retry-after'), now);
  const message = `${host} is asked too often (429), and wants to be left alone for ${inSeconds(waitMs)}.`;
  return new OutsideFailure(message, true, { status, waitMs });
}

const rowOf = (reason: string, redirected: boolean) => (redirected ? `${reason}, redirected` : reason);

export type Outside = ReturnType<typeof createOutside>;
