/** @file Every request of the app passes here: served from the device, resolved to a hub, or refused. */
import { LabError } from '../../core/errors.ts';
import { faultHeader, type FileFault } from '../../core/file-fault.ts';
import type { HubGate } from './hub-gate.ts';
import type { Counted, SealStore } from './ledger.ts';
import type { SealMessage, SealRefusal, SealReply } from './messages.ts';
import { DamagedFile, WrongAnswer, type OfflineFiles } from './offline-files.ts';
import { OutsideFailure } from './outside.ts';
import { sealed } from './policy.ts';
import type { Tally } from './tally.ts';

export interface GateParts {
  readonly files: OfflineFiles;
  readonly hub: HubGate;
  readonly store: SealStore;
  readonly tally: Tally;
  readonly fetch: (input: Request | string, init?: RequestInit) => Promise<Response>;
  /** Absolute URL of the app's folder. */
  readonly scope: string;
  readonly now: () => number;
  /** Origins of servers that may be asked; none in the sealed build. */
  readonly endpoints: readonly string[];
  /** Keeps the service worker alive until `work` settles. */
  readonly hold: (work: Promise<unknown>) => void;
}

/** An answer in place of a file of the app. */
const faulty = (fault: FileFault, reason: string): Response =>
  sealed(
    new Response(reason, { status: 503, headers: { [faultHeader]: fault, 'Cache-Control': 'no-store' } }),
  );

/** Without holding them: a model that lies beside the app may be larger than memory. */
async function bytesOf({ body }: Response): Promise<number> {
  const reader = body?.getReader();
  let bytes = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
    bytes += part.value.byteLength;
  return bytes;
}

/** How long one `repair` message works, well below the time after which browsers end an event, in milliseconds. */
const repairStepMs = 10_000;

const refusalOf = (error: unknown): SealRefusal => ({
  refused: error instanceof Error ? error.message : String(error),
  ...(error instanceof LabError && { advice: error.advice }),
  ...(error instanceof OutsideFailure && error.waitMs !== null && { waitMs: error.waitMs }),
});

/** An address as a page gave it, which may be none. */
const addressOf = (text: string): string => (URL.canParse(text) ? new URL(text).href : 'about:unknown');

export function createGate({ files, hub, store, tally, fetch, scope, now, endpoints, hold }: GateParts) {
  const refuse = (url: string, why: string) => hold(tally(url, `refused: ${why}`));
  const headOf = ({ status, headers }: Response) => new Response(null, { status, headers });

  /** A file of the app, or an answer that says why it cannot be had. */
  async function appFile(request: Request): Promise<Response> {
    const { url } = request;
    try {
      const { response, from, stored } = await files.serve(url);
      hold(stored);
      if (from === 'device') hold(tally(url, 'from this device'));
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
    const counted = (row: Counted) =>
      store
        .count(url, 'app files', row, new Date(now()))
        .catch((error: unknown) => console.warn('Not counted:', url, error));
    await counted({ requests: 1 });
    try {
      const response = await fetch(request);
      if (!response.ok) hold(counted({ failures: 1 }));
      hold(
        bytesOf(response.clone()).then(
          (bytes) => counted({ bytes }),
          () => counted({ failures: 1 }),
        ),
      );
      return sealed(response);
    } catch (error) {
      hold(counted({ failures: 1 }));
      // The list of the app's files is complete: what is not on it does not exist, server or no server.
      if (url.startsWith(scope))
        return sealed(new Response('Not part of this app.', { status: 404, statusText: 'Not Found' }));
      throw error;
    }
  }

  /** A connected build asks the servers that were named when it was built; each request is counted before it is sent. */
  async function toEndpoint(request: Request): Promise<Response> {
    const { origin, pathname } = new URL(request.url);
    const counted = (row: Counted) => store.count(origin + pathname, 'endpoint', row, new Date(now()));
    await counted({ requests: 1 });
    try {
      return await fetch(request);
    } catch (error) {
      await counted({ failures: 1 });
      throw error;
    }
  }

  function crossOrigin(request: Request): Response | Promise<Response> {
    const { url } = request;
    if (endpoints.includes(new URL(url).origin)) return toEndpoint(request);
    refuse(url, 'another host');
    return Response.error();
  }

  async function answer(message: SealMessage, page: string): Promise<SealReply<SealMessage['type']>> {
    switch (message.type) {
      case 'ledger':
        return { entries: await store.entries(), sealed: (await hub.airlock()) === null };
      case 'status': {
        const airlock = await hub.airlock();
        return { sealed: airlock === null, model: airlock?.model ?? null, ...(await files.count()) };
      }
      case 'hub-lists':
        return { lists: await hub.lists(message.repositories) };
      case 'hub-stored':
        return { stored: await hub.stored(message.folders) };
      case 'hub-config':
        return { text: await hub.config(message.folder) };
      case 'hub-begun':
        return { begun: await hub.begun() };
      case 'hub-drop':
        await hub.drop(message.folder);
        return { ok: true };
      case 'mirror':
        return { address: await hub.mirror() };
      case 'mirror-set':
        await hub.setMirror(message.address);
        return { ok: true };
      case 'airlock-open':
        return hub.open(message, page);
      case 'airlock-close':
        await hub.close(message.token, message.loaded);
        return { ok: true };
      case 'attempt':
        refuse(addressOf(message.address), message.how.slice(0, 100));
        return { ok: true };
      case 'fill':
        await files.fill(message.webgpu);
        return { ok: true };
      case 'files':
        return { files: files.all };
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
    async fetch(request: Request): Promise<Response> {
      if (hub.isBelow(request.url)) return hub.serve(request);
      return new URL(request.url).origin === new URL(scope).origin
        ? sameOrigin(request)
        : crossOrigin(request);
    },

    /** Answer a message of the page with this id; a failure becomes a reason. */
    answer: (message: SealMessage, page: string): Promise<SealReply<SealMessage['type']>> =>
      answer(message, page).catch(refusalOf),
  };
}
