/**
 * @file Resolves the addresses below `hub/`: files that are on this device are served from it, others are fetched part
 * by part, if they are on the list that the airlock was opened for. No event is held longer than one part takes.
 */
import { faultHeader, type FileFault } from '../../core/file-fault.ts';
import { LabError } from '../../core/errors.ts';
import { partBytes, type HubFile, type HubRepository } from '../../models/hub.ts';
import { agreed, isOpen, opened, refusal, type Airlock } from './airlock.ts';
import { isBelowHub, outsideAddress, readHubAddress } from './hub-address.ts';
import { askForList } from './hub-lists.ts';
import type { SealStore } from './ledger.ts';
import type { AirlockRequest, HubList } from './messages.ts';
import { partCount, partSpan, type ModelParts } from './model-parts.ts';
import { OutsideFailure, type Outside } from './outside.ts';
import { sealed } from './policy.ts';

export interface HubGateParts {
  readonly store: SealStore;
  readonly parts: ModelParts;
  readonly outside: Outside;
  /** Absolute URL of the app's folder. */
  readonly scope: string;
  readonly now: () => number;
  /** Whether the page with this id is still there. */
  readonly pageExists: (id: string) => Promise<boolean>;
  /** A file under its own address in a cache of an engine, which keeps its files itself. */
  readonly keptElsewhere: (url: string) => Promise<boolean>;
}

/** Longest time for one part: Chromium ends an event of a service worker after five minutes. */
const partTimeoutMs = 4 * 60_000;
/** A host that does not send parts may send a file of up to this size whole. */
const mostWholeBytes = 16 * partBytes;

class Fault extends Error {
  readonly fault: FileFault;
  constructor(fault: FileFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export function createHubGate({
  store,
  parts,
  outside,
  scope,
  now,
  pageExists,
  keptElsewhere,
}: HubGateParts) {
  /** Downloads of parts under way, so that two readers of one part ask once. */
  const underway = new Map<string, Promise<void>>();

  const airlock = async (): Promise<Airlock | null> => {
    const state = await store.airlock();
    if (!isOpen(state, now())) return null;
    if (await pageExists(state.page)) return state;
    await store.setAirlock(null);
    return null;
  };

  const keep = async (file: HubFile, first: number, content: Uint8Array<ArrayBuffer>) => {
    const from = first * partBytes;
    for (let at = 0; at < content.byteLength; at += partBytes)
      await parts.put(file, (from + at) / partBytes, content.slice(at, at + partBytes));
  };

  /** Fetch part `index`, and keep it. */
  async function download(list: HubList, file: HubFile, index: number): Promise<void> {
    const state = await airlock();
    const reason = refusal(state, list.folder, now());
    if (reason !== null || state === null) throw new Fault('airlock-closed', reason ?? '');
    const { first, end } = partSpan(file, index);
    const whole = partCount(file) === 1;
    const url = outsideAddress(list.repository, list.commit, file.path);
    const { status, headers, content } = await outside({
      url,
      reason: `model ${state.model}`,
      ...(whole ? {} : { range: { first, last: end - 1 } }),
      mostBytes: whole ? file.bytes : file.bytes <= mostWholeBytes ? file.bytes : end - first,
      timeoutMs: partTimeoutMs,
    });
    await store.received(content.byteLength, now());
    const { host } = new URL(url);
    if (!whole && status !== 206) {
      if (content.byteLength !== file.bytes)
        throw new Fault('hub-refused', `${host} does not send ${file.path} in parts.`);
      return keep(file, 0, content);
    }
    const range = headers.get('content-range');
    if (
      content.byteLength !== end - first ||
      (range !== null && range !== `bytes ${first}-${end - 1}/${file.bytes}`)
    )
      throw new Fault('hub-unreachable', `${host} sent another part of ${file.path} than was asked for.`);
    await keep(file, index, content);
  }

  async function partOf(list: HubList, file: HubFile, index: number): Promise<Blob> {
    const stored = await parts.get(file, index);
    if (stored) return stored;
    const key = `${file.hash.hex}/${index}`;
    const work = underway.get(key) ?? download(list, file, index).finally(() => underway.delete(key));
    underway.set(key, work);
    await work;
    const arrived = await parts.get(file, index);
    if (!arrived) throw new Fault('hub-refused', 'The browser did not keep what arrived.');
    return arrived;
  }

  const isHere = async (folder: string, file: HubFile): Promise<boolean> =>
    (await parts.has(file)) || keptElsewhere(scope + folder + file.path);

  async function answer(request: Request): Promise<Response> {
    const address = readHubAddress(request.url, scope);
    if (!address) throw new Fault('hub-refused', 'This is not the address of a file of a hub.');
    const list = await store.model(address.folder);
    if (!list) throw new Fault('airlock-closed', 'The airlock is closed.');
    if (address.path === '') return Response.json(list.files);
    const file = list.files.find(({ path }) => path === address.path);
    if (!file) return new Response('Not on the list that was agreed to.', { status: 404 });
    if (request.method === 'DELETE') {
      await parts.drop(file);
      return new Response(null, { status: 204 });
    }
    if (request.method !== 'GET') return new Response('Only GET and DELETE.', { status: 405 });
    const range = request.headers.get('range');
    if (range === null) {
      const blob = partCount(file) === 1 ? await partOf(list, file, 0) : await parts.whole(file);
      if (!blob) throw new Fault('hub-refused', 'A file this large is fetched in parts.');
      return new Response(blob, { headers: { 'Content-Length': String(blob.size) } });
    }
    const index = partIndex(file, range);
    if (index === null) return new Response('Not a part of this file.', { status: 416 });
    const blob = await partOf(list, file, index);
    const { first, end } = partSpan(file, index);
    return new Response(blob, {
      status: 206,
      headers: {
        'Content-Length': String(blob.size),
        'Content-Range': `bytes ${first}-${end - 1}/${file.bytes}`,
      },
    });
  }

  return {
    isBelow: (url: string): boolean => isBelowHub(url, scope),
    airlock,

    async serve(request: Request): Promise<Response> {
      const fault = (kind: FileFault, reason: string) =>
        new Response(reason, { status: 503, headers: { [faultHeader]: kind, 'Cache-Control': 'no-store' } });
      try {
        return sealed(await answer(request));
      } catch (error) {
        if (error instanceof OutsideFailure)
          return sealed(fault(error.again ? 'hub-unreachable' : 'hub-refused', error.message));
        if (error instanceof LabError)
          return sealed(fault('hub-refused', `${error.message} ${error.advice}`));
        if (!(error instanceof Fault)) throw error;
        if (error.fault === 'airlock-closed')
          await store.count(request.url, 'refused: the airlock is closed', { requests: 1 }, new Date(now()));
        return sealed(fault(error.fault, error.message));
      }
    },

    /** @throws Error with a reason for the user */
    async lists(repositories: readonly HubRepository[]): Promise<readonly HubList[]> {
      const lists: HubList[] = [];
      for (const repository of repositories.slice(0, 4)) {
        const list = await askForList(outside, repository);
        await store.setList(list);
        lists.push(list);
      }
      return lists;
    },

    stored: (folders: readonly string[]): Promise<readonly boolean[]> =>
      Promise.all(
        folders.map(async (folder) => {
          const list = await store.model(folder);
          if (!list || list.taken.length === 0) return false;
          const files = list.files.filter(({ path }) => list.taken.includes(path));
          return (await Promise.all(files.map((file) => isHere(folder, file)))).every(Boolean);
        }),
      ),

    /** @returns why it stays closed, or `null` */
    async open(request: AirlockRequest, page: string): Promise<string | null> {
      const lists = agreed(request, await Promise.all(request.files.map(({ folder }) => store.list(folder))));
      if (typeof lists === 'string') return lists;
      for (const list of lists) await store.setModel({ ...list, taken: [] });
      await store.setAirlock(opened(request.model.slice(0, 200), lists, page, now()));
      return null;
    },

    /** @param loaded whether what has arrived is all that the model needs */
    async close(loaded: boolean): Promise<void> {
      const state = await store.airlock();
      await store.setAirlock(null);
      if (!loaded || !state) return;
      for (const folder of state.folders) {
        const list = await store.model(folder);
        if (!list) continue;
        const here = await Promise.all(list.files.map((file) => isHere(folder, file)));
        await store.setModel({
          ...list,
          taken: list.files.filter((_, index) => here[index]).map(({ path }) => path),
        });
      }
    },
  };
}
export type HubGate = ReturnType<typeof createHubGate>;

/** Number of the part that a range names exactly, else `null`. */
function partIndex(file: HubFile, range: string): number | null {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(range) ?? [];
  const index = Number(first) / partBytes;
  if (!Number.isInteger(index) || index >= partCount(file)) return null;
  const span = partSpan(file, index);
  return Number(first) === span.first && Number(last) === span.end - 1 ? index : null;
}
