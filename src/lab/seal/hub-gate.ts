/**
 * @file Resolves the addresses below `hub/`: files that are on this device are served from it, others are fetched part
 * by part, if they are on the list that the airlock was opened for. No event is held longer than one part takes.
 */
import { faultHeader, type FileFault } from '../../core/file-fault.ts';
import { LabError } from '../../core/errors.ts';
import { partBytes, type HubFile, type HubRepository } from '../../models/hub/addresses.ts';
import { partCount, partSpan, type HubParts } from '../../models/hub/parts.ts';
import { readMirror } from '../../models/hub/mirror.ts';
import { agreed, isOpen, opened, orphans, type Airlock } from './airlock.ts';
import { isBelowHub, readHubAddress } from './hub-address.ts';
import { createPartSource, Fault } from './hub-fetch.ts';
import { askForList, askForText } from './hub-lists.ts';
import type { HubStore } from './ledger.ts';
import type { AgreedFiles, AirlockRequest, BegunDownload, HubList, SealReply } from './messages.ts';
import { OutsideFailure, type Outside } from './outside.ts';
import { sealed } from './policy.ts';

export interface HubGateParts {
  readonly store: HubStore;
  readonly parts: HubParts;
  readonly outside: Outside;
  /** Absolute URL of the app's folder. */
  readonly scope: string;
  readonly now: () => number;
  /** Whether the page with this id is still there. */
  readonly pageExists: (id: string) => Promise<boolean>;
  /** A file under its own address in a cache of an engine, which keeps its files itself. */
  readonly keptElsewhere: (url: string) => Promise<boolean>;
}

const mostConfigBytes = 2 ** 20;

export function createHubGate({
  store,
  parts,
  outside,
  scope,
  now,
  pageExists,
  keptElsewhere,
}: HubGateParts) {
  const airlock = async (): Promise<Airlock | null> => {
    const state = await store.airlock();
    if (!isOpen(state, now())) return null;
    if (await pageExists(state.page)) return state;
    await store.setAirlock(null);
    return null;
  };

  const partOf = createPartSource({ store, parts, outside, now, airlock });

  /** The latest list, or that of a download which was agreed to before and goes on. */
  const listOf = async ({ folder, commit }: AgreedFiles): Promise<HubList | null> => {
    const latest = await store.list(folder);
    if (latest?.commit === commit) return latest;
    const before = await store.model(folder);
    return before?.commit === commit ? before : latest;
  };

  const isHere = async (folder: string, file: HubFile): Promise<boolean> =>
    (await parts.arrived(file)) === file.bytes || keptElsewhere(scope + folder + file.path);

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
      const fault = (kind: FileFault, reason: string, more: Readonly<Record<string, string>> = {}) =>
        new Response(reason, {
          status: 503,
          headers: { [faultHeader]: kind, 'Cache-Control': 'no-store', ...more },
        });
      try {
        return sealed(await answer(request));
      } catch (error) {
        if (error instanceof OutsideFailure && error.waitMs !== null)
          return sealed(fault('hub-busy', error.message, { 'Retry-After': seconds(error.waitMs) }));
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

    /** @throws Error or LabError with a reason for the user, OutsideFailure */
    async lists(repositories: readonly HubRepository[]): Promise<readonly HubList[]> {
      const lists: HubList[] = [];
      const mirror = await store.mirror();
      for (const repository of repositories.slice(0, 4)) {
        const list = await askForList(outside, repository, mirror);
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

    /** The text of `config.json`, or `null`. @throws as `lists` */
    async config(folder: string): Promise<string | null> {
      const list = await store.list(folder);
      if (!list) throw new Error('The list of this repository was not asked for.');
      const file = list.files.find(({ path }) => path === 'config.json');
      return file && file.bytes <= mostConfigBytes
        ? askForText(outside, list, file, await store.mirror())
        : null;
    },

    /** Downloads that were begun and not taken over by an engine or the store of models. */
    async begun(): Promise<readonly BegunDownload[]> {
      const begun = await Promise.all(
        (await store.models()).map(async ({ repository, folder, commit, files, name, task }) => {
          const arrived = await Promise.all(files.map((file) => parts.arrived(file)));
          return {
            repository,
            folder,
            commit,
            name,
            task,
            paths: files.map(({ path }) => path),
            bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
            arrivedBytes: arrived.reduce((sum, bytes) => sum + bytes, 0),
          };
        }),
      );
      return begun.filter(({ arrivedBytes }) => arrivedBytes > 0);
    },

    /** Drop what has arrived for a folder, and its list. */
    async drop(folder: string): Promise<void> {
      const list = await store.model(folder);
      for (const file of list?.files ?? []) await parts.drop(file);
      await store.removeModel(folder);
    },

    mirror: () => store.mirror(),

    /** @throws LabError 'bad-input' for an address that cannot be a mirror */
    async setMirror(address: string | null): Promise<void> {
      const mirror = address === null ? null : readMirror(address);
      const before = await store.mirror();
      await store.setMirror(mirror);
      const told = (place: string, what: string) => store.count(place, what, {}, new Date(now()));
      if (mirror !== null) await told(mirror, 'set as mirror of the hub');
      if (before !== null && before !== mirror) await told(before, 'no longer mirror of the hub');
    },

    /** One that is open gives way. @returns what closes it again, or why it was not opened */
    async open(request: AirlockRequest, page: string): Promise<SealReply<'airlock-open'>> {
      const lists = agreed(request, await Promise.all(request.files.map(listOf)));
      if (typeof lists === 'string') return { refused: lists };
      for (const file of orphans(await store.models(), lists)) await parts.drop(file);
      for (const [index, list] of lists.entries()) {
        const { name, task } = request.files[index]!;
        await store.setModel({ ...list, name: name?.slice(0, 400), task, taken: [] });
      }
      const token = crypto.randomUUID();
      await store.setAirlock(opened(request.model.slice(0, 200), lists, { page, token }, now()));
      return { token };
    },

    /**
     * @param token of the opening that is to end; nothing happens if another has taken its place
     * @param loaded whether what has arrived is all that the model needs
     */
    async close(token: string, loaded: boolean): Promise<void> {
      const state = await store.airlock();
      if (state?.token !== token) return;
      await store.setAirlock(null);
      if (!loaded) return;
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

const seconds = (ms: number): string => String(Math.ceil(ms / 1000));

/** Number of the part that a range names exactly, else `null`. */
function partIndex(file: HubFile, range: string): number | null {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(range) ?? [];
  const index = Number(first) / partBytes;
  if (!Number.isInteger(index) || index >= partCount(file)) return null;
  const span = partSpan(file, index);
  return Number(first) === span.first && Number(last) === span.end - 1 ? index : null;
}
