/** @file Every request of the app passes here: served from the device, let through the airlock, or refused. */
import { faultHeader, type FileFault } from '../../core/file-fault.ts';
import * as airlock from './airlock.ts';
import type { SealStore } from './ledger.ts';
import type { SealMessage, SealReply } from './messages.ts';
import { DamagedFile, WrongAnswer, type OfflineFiles } from './offline-files.ts';
import { isHubHost, sealed } from './policy.ts';

export interface GateParts {
  readonly files: OfflineFiles;
  readonly store: SealStore;
  readonly fetch: (input: Request | string, init?: RequestInit) => Promise<Response>;
  /** Absolute URL of the app's folder. */
  readonly scope: string;
  readonly now: () => number;
  /** Keeps the service worker alive until `work` settles. */
  readonly hold: (work: Promise<unknown>) => void;
}

/** The same response, and how many bytes of its body have passed once it ended in whatever way. */
function measured(response: Response, limit = Infinity): { response: Response; bytes: Promise<number> } {
  const reader = response.body?.getReader();
  if (!reader) return { response, bytes: Promise.resolve(0) };
  let resolve: (bytes: number) => void = () => {};
  const ended = new Promise<number>((settle) => (resolve = settle));
  let bytes = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        bytes += value?.byteLength ?? 0;
        if (bytes > limit) throw new Error('More arrived than was agreed to.');
        if (!done) return controller.enqueue(value);
        controller.close();
        resolve(bytes);
      } catch (error) {
        resolve(bytes);
        await reader.cancel(error);
        throw error;
      }
    },
    cancel(reason) {
      resolve(bytes);
      return reader.cancel(reason);
    },
  });
  const { status, statusText, headers } = response;
  return { response: new Response(body, { status, statusText, headers }), bytes: ended };
}

/** An answer in place of a file of the app. */
const faulty = (fault: FileFault, reason: string): Response =>
  sealed(
    new Response(reason, { status: 503, headers: { [faultHeader]: fault, 'Cache-Control': 'no-store' } }),
  );

/** How long one `repair` message works, well below the time after which browsers end an event, in milliseconds. */
const repairStepMs = 10_000;

export function createGate({ files, store, fetch, scope, now, hold }: GateParts) {
  const count = (url: string, reason: string, bytes: number) =>
    store.count(new URL(url).host, reason, bytes, new Date(now()));
  const headOf = ({ status, headers }: Response) => new Response(null, { status, headers });

  /** A file of the app, or an answer that says why it cannot be had. */
  async function appFile(request: Request): Promise<Response> {
    const { url } = request;
    try {
      const { response, from, stored } = await files.serve(url);
      hold(stored);
      if (from === 'device') hold(count(url, 'from this device', 0));
      return response;
    } catch (error) {
      const answer = error instanceof WrongAnswer ? error.answer.clone() : null;
      if (request.mode === 'navigate') {
        // A page that differs may be that of a newer version, which is about to replace this service worker.
        const page = answer?.ok ? answer : await repairPage();
        if (page) return page;
      }
      if (answer) return answer.ok ? faulty('wrong-answer', 'The site sent something else.') : answer;
      if (error instanceof DamagedFile) return faulty('damaged', error.message);
      throw error;
    }
  }

  /** The page that repairs the app, in place of a page that cannot be had. */
  const repairPage = (): Promise<Response | null> =>
    files.serve(`${scope}repair.html`).then(
      ({ response }) => response,
      () => null,
    );

  async function sameOrigin(request: Request): Promise<Response> {
    const { url, method } = request;
    if (files.has(url) && (method === 'GET' || method === 'HEAD')) {
      const response = await appFile(request);
      return method === 'HEAD' ? headOf(response) : response;
    }
    let answer: Response;
    try {
      answer = sealed(await fetch(request));
    } catch (error) {
      hold(count(url, 'app files', 0));
      // The list of the app's files is complete: what is not on it does not exist, server or no server.
      if (url.startsWith(scope))
        return sealed(new Response('Not part of this app.', { status: 404, statusText: 'Not Found' }));
      throw error;
    }
    const { response, bytes } = measured(answer);
    hold(bytes.then((received) => count(url, 'app files', received)));
    return response;
  }

  async function crossOrigin(request: Request): Promise<Response> {
    const opened = await store.airlock();
    const reason = airlock.refusal(opened, request, now());
    if (reason !== null || opened === null) {
      hold(count(request.url, 'refused', 0));
      return Response.error();
    }
    // Nothing of the page goes along: no cookies, no referrer, no headers but the byte range.
    const range = request.headers.get('range');
    const answer = await fetch(request.url, {
      mode: 'cors',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      headers: range === null ? {} : { range },
      signal: request.signal,
    });
    const finalUrl = answer.url || request.url;
    if (!isHubHost(new URL(finalUrl).hostname)) {
      hold(count(finalUrl, 'refused', 0));
      await answer.body?.cancel();
      return Response.error();
    }
    const limit = opened.bytes === null ? Infinity : airlock.allowance(opened.bytes) - opened.receivedBytes;
    const { response, bytes } = measured(answer, limit);
    hold(
      bytes.then(async (received) => {
        await count(finalUrl, `model ${opened.model}`, received);
        await store.received(received, now());
      }),
    );
    return response;
  }

  async function answer(message: SealMessage): Promise<SealReply<SealMessage['type']>> {
    const opened = await store.airlock();
    const sealed = !airlock.isOpen(opened, now());
    switch (message.type) {
      case 'ledger':
        return { entries: await store.entries(), sealed };
      case 'status':
        return { sealed, model: sealed ? null : (opened?.model ?? null), ...(await files.count()) };
      case 'airlock-open': {
        const asked = airlock.open(message, now());
        if (typeof asked === 'string') return { refused: asked };
        await store.setAirlock(asked);
        return { ok: true };
      }
      case 'airlock-close':
        await store.setAirlock(null);
        return { ok: true };
      case 'fill':
        await files.fill(message.webgpu);
        return { ok: true };
      case 'repair': {
        const until = now() + repairStepMs;
        return files.repair(message.first, () => now() < until);
      }
      case 'activate':
      case 'claim':
        return { ok: true };
      default:
        message satisfies never;
        return { refused: 'The service worker does not know this message.' };
    }
  }

  return {
    fetch: (request: Request): Promise<Response> =>
      new URL(request.url).origin === new URL(scope).origin ? sameOrigin(request) : crossOrigin(request),

    /** Answer a message of the page; a failure becomes a reason. */
    answer: (message: SealMessage): Promise<SealReply<SealMessage['type']>> =>
      answer(message).catch((error: unknown) => ({
        refused: error instanceof Error ? error.message : String(error),
      })),
  };
}
