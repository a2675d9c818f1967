/** @file A small OpenAI-compatible server with made-up models, which can fail in every way that a real one does. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hash128 } from '../../../src/core/hash.ts';
import { createRandom } from '../../../src/core/random.ts';

export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>> | null;
}

interface Message {
  readonly role: string;
  readonly content: string;
}

export const failures = ['429', '500', 'cut', 'slow', 'malformed'] as const;
type Failure = (typeof failures)[number];

export interface ServerOptions {
  /** Share of requests for an answer that fail, spread by a seed over the kinds of failure. Default 0. */
  readonly failing?: number;
  /** As vLLM, llama.cpp and Ollama name themselves. Default: vLLM. */
  readonly owner?: string;
  /** Takes the place of an answer. */
  readonly answer?: (
    body: Readonly<Record<string, unknown>>,
    response: ServerResponse,
    count: number,
  ) => boolean;
  /** Only requests with it are answered. */
  readonly key?: string;
  /** Default: the server adds the counts of tokens. */
  readonly counts?: boolean;
  readonly port?: number;
  /** Pages of other origins may ask. Default: only programs may. */
  readonly cors?: boolean;
  /** After some answers, nothing is answered before so many requests have been in progress at once. Default: nothing is held. */
  readonly hold?: { readonly after: number; readonly until: number };
}

/** The answer is a function of the request alone: what is sent twice is answered twice the same. */
export function replyTo(body: Readonly<Record<string, unknown>>): string {
  const messages = body['messages'] as readonly Message[];
  const last = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const [draw] = hash128(JSON.stringify([messages, body['seed'], body['model']]));
  return draw % 3 === 0
    ? "I'm sorry, I can't help with that."
    : `Sure: ${last.slice(0, 40)} (${draw % 1000})`;
}

const tokensOf = (text: string) => text.match(/\S+\s*|\s+/g) ?? [];

function completion(body: Readonly<Record<string, unknown>>, counts: boolean) {
  const all = tokensOf(replyTo(body));
  const most = body['max_tokens'] as number;
  const tokens = all.slice(0, most);
  const listed = (token: string, logprob: number) => ({
    token,
    logprob,
    bytes: [...new TextEncoder().encode(token)],
  });
  return {
    id: 'x',
    object: 'chat.completion',
    model: `${body['model'] as string}-served`,
    system_fingerprint: 'fp-1',
    choices: [
      {
        index: 0,
        finish_reason: tokens.length < all.length ? 'length' : 'stop',
        message: { role: 'assistant', content: tokens.join('') },
        logprobs: body['logprobs']
          ? {
              content: tokens.map((token) => ({
                ...listed(token, -0.25),
                top_logprobs: [listed(token, -0.25), listed('other', -1.5)].slice(
                  0,
                  body['top_logprobs'] as number,
                ),
              })),
            }
          : null,
      },
    ],
    ...(counts && {
      usage: {
        prompt_tokens: JSON.stringify(body['messages']).length,
        completion_tokens: tokens.length,
        total_tokens: 0,
      },
    }),
  };
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
};

/** Serves `small`, `large` and `judge`. */
export async function startServer({
  failing = 0,
  owner = 'vllm',
  answer,
  key,
  counts = true,
  port = 0,
  cors = false,
  hold,
}: ServerOptions = {}) {
  const asked: Asked[] = [];
  const injected: Failure[] = [];
  const load = { now: 0, most: 0 };
  let letGo = () => {};
  let answered = 0;
  const met = new Promise<void>((resolve) => (letGo = resolve));
  const random = createRandom('failures');
  const json = (response: ServerResponse, status: number, value: unknown, headers = {}) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(typeof value === 'string' ? value : JSON.stringify(value));

  function fail(kind: Failure, response: ServerResponse): void {
    injected.push(kind);
    switch (kind) {
      case '429':
        return json(response, 429, { error: { message: 'Slow down.' } }, { 'Retry-After': '0' });
      case '500':
        return json(response, 500, 'Internal Server Error');
      case 'cut':
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
        response.write('{"choices": [');
        return void setTimeout(() => response.destroy(), 2);
      case 'slow':
        return void setTimeout(() => response.destroy(), 60_000).unref();
      case 'malformed':
        return json(response, 200, '{"choices": [{"message": {"content": "half');
    }
  }

  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '';
      if (cors)
        for (const what of ['Origin', 'Headers', 'Methods'])
          response.setHeader(
            `Access-Control-Allow-${what}`,
            what === 'Headers' ? 'Authorization, Content-Type' : '*',
          );
      if (request.method === 'OPTIONS') return void response.writeHead(cors ? 204 : 405).end();
      const { authorization } = request.headers;
      const text = await readBody(request);
      const body = text === '' ? null : (JSON.parse(text) as Record<string, unknown>);
      asked.push({ path, authorization, body });
      if (key !== undefined && authorization !== `Bearer ${key}`)
        return json(response, 401, { error: { message: `Incorrect API key: ${authorization ?? 'none'}` } });
      if (path === '/v1/models')
        return json(response, 200, {
          object: 'list',
          data: ['small', 'large', 'judge'].map((id) => ({ id, owned_by: owner, max_model_len: 4096 })),
        });
      if (path === '/version') return json(response, 200, { version: '0.9.9' });
      if (path !== '/v1/chat/completions' || !body) return json(response, 404, { detail: 'Not Found' });
      load.most = Math.max(load.most, ++load.now);
      if (load.now === hold?.until) letGo();
      response.once('close', () => load.now--);
      if (hold && answered >= hold.after) await met;
      if (random.next() < failing) return fail(random.pick(failures), response);
      if (answer?.(body, response, asked.length)) return;
      await new Promise((resolve) => setTimeout(resolve, 3)); // as long as it takes for requests to meet
      answered++;
      json(response, 200, completion(body, counts));
    })();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    address: `http://127.0.0.1:${bound}/v1`,
    port: bound,
    /** Every request, in order. */
    asked,
    /** Failures made so far. */
    injected,
    /** Requests for an answer in progress, now and at most. */
    load,
    json,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
