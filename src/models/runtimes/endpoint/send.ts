/** @file One HTTP exchange with an OpenAI-compatible server. Runs in a worker and in Node. */
import type { EndpointReply, EndpointSettings, Send } from '../../endpoint.ts';

/** Far above any answer: 4,096 tokens with 20 alternatives each take some 8 MB. */
const mostCharacters = 64 * 2 ** 20;
/** A shorter key may be a word that answers hold anyway. */
const secretKeyCharacters = 8;

/**
 * Sends to one endpoint, with its key. Redirects are failures: they could carry the key to another host. Wherever the
 * server repeats the key, `[key]` stands in its place, so that no record and no message can hold it; in answers only
 * a key of 8 characters or more, because a short one, such as "test", would garble them.
 */
export function sendByFetch(
  { address, key }: Pick<EndpointSettings, 'address' | 'key'>,
  fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis),
): Send {
  const withoutKey = (text: string) =>
    key === null ? text : text.replaceAll(JSON.stringify(key).slice(1, -1), '[key]').replaceAll(key, '[key]');
  const isSecret = key !== null && key.length >= secretKeyCharacters;
  return async ({ path, body, timeoutMs }): Promise<EndpointReply> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(new URL(path, `${address}/`), {
        method: body === null ? 'GET' : 'POST',
        headers: {
          Accept: 'application/json',
          ...(body !== null && { 'Content-Type': 'application/json' }),
          ...(key !== null && { Authorization: `Bearer ${key}` }),
        },
        body,
        signal,
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      });
      return {
        kind: 'answer',
        status: response.status,
        retryAfter: response.headers.get('Retry-After'),
        body: response.ok && !isSecret ? await bounded(response) : withoutKey(await bounded(response)),
      };
    } catch (error) {
      if (signal.aborted) return { kind: 'timeout' };
      return { kind: 'cut', reason: withoutKey(reasonOf(error)) };
    }
  };
}

/** The text of a response. @throws Error if it is longer than any answer can be */
async function bounded({ body }: Response): Promise<string> {
  if (body === null) return '';
  let text = '';
  for await (const part of body.pipeThrough(
    new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
  )) {
    text += part;
    if (text.length > mostCharacters) throw new Error('its answer has no end');
  }
  return text;
}

/** Node says why only in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code, message: inner } = (cause ?? {}) as { readonly code?: string; readonly message?: string };
  return code ?? inner ?? message;
}
