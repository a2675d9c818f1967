/** @file Fetches parts of a hub's files through the open airlock, and keeps them on this device. */
import type { LabError } from '../../core/errors.ts';
import type { FileFault } from '../../core/file-fault.ts';
import { partBytes, type HubFile } from '../../models/hub/addresses.ts';
import { partCount, partSpan, type HubParts } from '../../models/hub/parts.ts';
import { explained, isStorageError } from '../storage/storage-errors.ts';
import { refusal, type Airlock } from './airlock.ts';
import { outsideAddress } from './hub-address.ts';
import { gatedReason, isGated } from './hub-lists.ts';
import type { HubStore } from './ledger.ts';
import type { HubList } from './messages.ts';
import { OutsideFailure, type Outside } from './outside.ts';

/** Longest time for one part: Chromium ends an event of a service worker after five minutes. */
const partTimeoutMs = 4 * 60_000;
/** A host that does not send parts may send a file of up to this size whole. */
const mostWholeBytes = 16 * partBytes;

/** Why a part cannot be had. */
export class Fault extends Error {
  readonly fault: FileFault;

  constructor(fault: FileFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Only then is it of use to drop what has arrived. */
const isFull = ({ code }: LabError) => code === 'disk-full' || code === 'quota-exceeded';

export interface PartSourceParts {
  readonly store: HubStore;
  readonly parts: HubParts;
  readonly outside: Outside;
  readonly now: () => number;
  /** `null`: it is closed. */
  readonly airlock: () => Promise<Airlock | null>;
}

/** @returns what gives part `index` of a file on a list, from this device or else from its host */
export function createPartSource({ store, parts, outside, now, airlock }: PartSourceParts) {
  /** Downloads of parts under way, so that two readers of one part ask once. */
  const underway = new Map<string, Promise<void>>();

  const keep = async (file: HubFile, first: number, content: Uint8Array<ArrayBuffer>) => {
    const from = first * partBytes;
    try {
      for (let at = 0; at === 0 || at < content.byteLength; at += partBytes)
        await parts.put(file, (from + at) / partBytes, content.slice(at, at + partBytes));
    } catch (error) {
      const reason = explained(error);
      if (!isStorageError(reason)) throw error;
      throw isFull(reason)
        ? new Fault('disk-full', reason.message)
        : new Fault('not-stored', `${reason.message} ${reason.advice}`);
    }
  };

  /** Fetch part `index`, and keep it. */
  async function download(list: HubList, file: HubFile, index: number): Promise<void> {
    const state = await airlock();
    const reason = refusal(state, list.folder, now());
    if (reason !== null || state === null) throw new Fault('airlock-closed', reason ?? '');
    const { first, end } = partSpan(file, index);
    const whole = partCount(file) === 1;
    const url = outsideAddress(list.repository, list.commit, file.path, await store.mirror());
    const { status, headers, content } = await outside({
      url,
      reason: `model ${state.model}`,
      ...(whole ? {} : { range: { first, last: end - 1 } }),
      mostBytes: whole ? file.bytes : file.bytes <= mostWholeBytes ? file.bytes : end - first,
      timeoutMs: partTimeoutMs,
    }).catch((error: unknown) => {
      if (!(error instanceof OutsideFailure && isGated(error))) throw error;
      const { host, repo } = list.repository;
      throw new Fault('hub-gated', gatedReason(host, repo, error.status));
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

  /** @throws Fault, OutsideFailure, or LabError of the storage */
  return async (list: HubList, file: HubFile, index: number): Promise<Blob> => {
    const stored = await parts.get(file, index);
    if (stored) return stored;
    const key = `${file.hash.hex}/${index}`;
    const work = underway.get(key) ?? download(list, file, index).finally(() => underway.delete(key));
    underway.set(key, work);
    await work;
    const arrived = await parts.get(file, index);
    if (!arrived) throw new Fault('hub-refused', 'The browser did not keep what arrived.');
    return arrived;
  };
}
