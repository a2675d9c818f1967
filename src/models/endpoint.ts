/** @file How models of an OpenAI-compatible server are named, and what the connected build needs to reach one. */

/** Where the models of a server stand in plans: `endpoint:MODEL`, or `endpoint.NAME:MODEL` where there are several. */
export const endpointId = (endpoint: string, model: string): string =>
  `endpoint${endpoint === '' ? '' : `.${endpoint}`}:${model}`;

/** The parts of such an id; `null` for the id of any other model. The name is `''` where there is only one server. */
export function readEndpointId(id: string): { readonly endpoint: string; readonly model: string } | null {
  const [, endpoint = '', model] = /^endpoint(?:\.([\w-]+))?:(.+)$/s.exec(id) ?? [];
  return model === undefined ? null : { endpoint, model };
}

export interface EndpointSettings {
  /** As in `endpointId`. */
  readonly name: string;
  /** Base address without a slash at its end, such as `http://localhost:8000/v1`. */
  readonly address: string;
  /** Sent as a bearer token. `null` where there is none, or where `Send` adds it. */
  readonly key: string | null;
  /** Most requests in progress at once. */
  readonly concurrency: number;
  /** How long one try may take. */
  readonly timeoutMs: number;
  /** Tries after the first one. */
  readonly retries: number;
  /** Wait before the second try; it doubles with each further one. */
  readonly backoffMs: number;
  /** Most tries in all; `null`: no limit. */
  readonly maxRequests: number | null;
  /** Most tokens in all, read and written; `null`: no limit. */
  readonly maxTokens: number | null;
}

export const endpointDefaults = {
  key: null,
  concurrency: 32,
  timeoutMs: 120_000,
  retries: 6,
  backoffMs: 500,
  maxRequests: null,
  maxTokens: null,
} as const satisfies Partial<EndpointSettings>;

export interface EndpointRequest {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** Relative to the base address. */
  readonly path: 'models' | 'chat/completions' | '../version' | '../api/version';
  /** JSON for a POST; `null` for a GET. */
  readonly body: string | null;
  readonly timeoutMs: number;
}

/** Failure is a value, because it crosses threads and processes. */
export type EndpointReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly retryAfter: string | null;
      readonly body: string;
    }
  | { readonly kind: 'timeout' }
  /** The server could not be reached, or the connection ended early. */
  | { readonly kind: 'cut'; readonly reason: string };

/** One try of a request. It never rejects. */
export type Send = (request: EndpointRequest) => Promise<EndpointReply>;

/** The server that wrote an answer, as far as it says. */
export interface Served {
  readonly host: string;
  /** As told with the answer. */
  readonly model: string;
  /** Of the server or of its configuration; `null` if it tells none. */
  readonly version: string | null;
  /**
   * Whether the date and the variables of the plan went with the request. Where they did not, the server's template read
   * what it likes, the clock included; where they did, a template may still ignore them. Absent in older records.
   */
  readonly templateSettings?: 'sent' | 'not-sent';
  /** A server may batch, change or sample as it likes: the same request need not give the same bytes again. */
  readonly reproducible: false;
}

/** Both lists in one, each server once, in an order that does not depend on who answered first. */
export function joinServed(
  a: readonly Served[] | undefined,
  b: readonly Served[] | undefined,
): readonly Served[] | undefined {
  if (!a || !b) return a ?? b;
  const byText = new Map([...a, ...b].map((served) => [JSON.stringify(served), served]));
  return [...byText].toSorted(([x], [y]) => (x < y ? -1 : 1)).map(([, served]) => served);
}
