/**
 * @file The airlock: no request leaves the site unless the user has opened it for one model and its files.
 * Pure rules over plain data; `hub-gate.ts` applies them to requests.
 */
import type { HubFile } from '../../models/hub/addresses.ts';
import type { AirlockRequest, HubList } from './messages.ts';

export interface Airlock {
  /** Shown in the ledger. */
  readonly model: string;
  /** Folders whose agreed files may be fetched. */
  readonly folders: readonly string[];
  /** Of all agreed files together. */
  readonly bytes: number;
  /** The page that opened it; when it is gone, the airlock is closed. */
  readonly page: string;
  /** Names this opening: only who holds it may close it, so that the end of one download does not close the next. */
  readonly token: string;
  readonly receivedBytes: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** An airlock that nobody uses for this long closes itself. */
export const idleMs = 5 * 60_000;

/** Bytes let through when the user agreed to `bytes`: parts that arrive damaged come more than once. */
export const allowance = (bytes: number): number => bytes * 2 + 16 * 2 ** 20;

const sum = (files: readonly HubFile[]) => files.reduce((total, { bytes }) => total + bytes, 0);

/** The lists with only those files that were agreed to, or the reason for refusing. */
export function agreed(
  { files }: AirlockRequest,
  lists: readonly (HubList | null)[],
): readonly HubList[] | string {
  const kept: HubList[] = [];
  for (const [index, { folder, commit, paths }] of files.entries()) {
    const list = lists[index];
    if (!list) return `${folder} was not asked for its files.`;
    const { repo } = list.repository;
    if (list.commit !== commit)
      return `The list of ${repo} is no longer the one that was shown. Ask for it again.`;
    const unknown = paths.find((path) => !list.files.some((file) => file.path === path));
    if (unknown !== undefined) return `${unknown} is not on the list of ${repo}.`;
    kept.push({ ...list, files: list.files.filter(({ path }) => paths.includes(path)) });
  }
  return kept.some((list) => list.files.length > 0) ? kept : 'No file was named.';
}

export const opened = (
  model: string,
  lists: readonly HubList[],
  { page, token }: Pick<Airlock, 'page' | 'token'>,
  now: number,
): Airlock => ({
  model,
  folders: lists.map(({ folder }) => folder),
  bytes: lists.reduce((total, { files }) => total + sum(files), 0),
  page,
  token,
  receivedBytes: 0,
  usedAt: now,
});

export const isOpen = (airlock: Airlock | null, now: number): airlock is Airlock =>
  airlock !== null && now - airlock.usedAt < idleMs;

/**
 * Files that lists to be agreed to take out of use: what has arrived of them would otherwise stay for good.
 * @param before all lists that were agreed to so far
 */
export function orphans(before: readonly HubList[], lists: readonly HubList[]): readonly HubFile[] {
  const isReplaced = ({ folder }: HubList) => lists.some((list) => list.folder === folder);
  const kept = [...lists, ...before.filter((list) => !isReplaced(list))];
  // Parts go by the hash of their file, which other lists may name too.
  const hashes = new Set(kept.flatMap(({ files }) => files.map(({ hash }) => hash.hex)));
  return before.filter(isReplaced).flatMap(({ files }) => files.filter(({ hash }) => !hashes.has(hash.hex)));
}

/** @returns why no file of `folder` may be fetched, or `null` when it may */
export function refusal(airlock: Airlock | null, folder: string, now: number): string | null {
  if (!isOpen(airlock, now)) return 'The airlock is closed.';
  if (!airlock.folders.includes(folder)) return `The airlock is open for ${airlock.model} only.`;
  if (airlock.receivedBytes > allowance(airlock.bytes)) return 'More arrived than was agreed to.';
  return null;
}
