/**
 * @file A store with copies of what is written: of the trials of this session in memory, so that those that cannot be
 * stored are not lost, and of every run in files, where there are any.
 */
import { LabError } from '../../core/errors.ts';
import { fingerprint } from '../../core/hash.ts';
import { isStorageError } from '../storage/storage-errors.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import { packRun, packTrials, recordsOf, unpack } from './frames.ts';
import type { RunCopies } from './run-copies.ts';
import type { BareStore, RunStore, UnsavedTrials } from './run-store.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The trials of one run that this session finished. */
interface SessionTrials {
  readonly frames: { readonly places: readonly number[]; readonly bytes: Bytes }[];
  /** Places of those that are not stored. */
  readonly unsaved: Set<number>;
}

export function withCopies(store: BareStore, copies: RunCopies | null): RunStore {
  const session = new Map<string, SessionTrials>();
  /** Fingerprints of what the copies say about runs. */
  const copiedRuns = new Map<string, string>();

  const trialsOf = (runId: string): SessionTrials => {
    const trials = session.get(runId) ?? { frames: [], unsaved: new Set() };
    session.set(runId, trials);
    return trials;
  };
  /** A copy that fails for another reason than room is only missed if the database is lost as well. */
  const copy = async (runId: string, frame: Bytes): Promise<void> => {
    try {
      await copies?.checkRoom();
      await copies?.append(runId, frame);
    } catch (error) {
      if (isStorageError(error) && error.code !== 'storage-failed') throw error;
    }
  };
  const write = async (runId: string, rows: readonly PlacedRecord[], frame: Bytes): Promise<void> => {
    const { frames, unsaved } = trialsOf(runId);
    const places = rows.map(({ place }) => place);
    for (const place of places) unsaved.add(place);
    try {
      await copy(runId, frame);
      await store.append(runId, rows);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      if (error.code === 'storage-lost')
        for (const { places } of frames) for (const place of places) unsaved.add(place);
      throw notSaved(error, unsaved.size);
    }
    for (const place of places) unsaved.delete(place);
  };

  return {
    ...store,
    async putRun(run) {
      const { overview: _, ...lasting } = { ...run, state: 'paused' as const };
      const print = fingerprint(JSON.stringify(lasting));
      if (copiedRuns.get(run.id) !== print) await copy(run.id, await packRun(lasting));
      copiedRuns.set(run.id, print);
      await store.putRun(run);
      if (run.state === 'done') session.delete(run.id);
    },
    async append(runId, rows) {
      const bytes = await packTrials(rows);
      trialsOf(runId).frames.push({ places: rows.map(({ place }) => place), bytes });
      await write(runId, rows, bytes);
    },
    unsaved(runId) {
      const { frames, unsaved } = trialsOf(runId);
      return unsaved.size === 0 ? null : unsavedOf(frames, new Set(unsaved));
    },
    async appendUnsaved(runId) {
      const { frames, unsaved } = trialsOf(runId);
      if (frames.length === 0) return;
      const stored = new Set<number>();
      for await (const batch of store.digests(runId)) for (const { place } of batch) stored.add(place);
      for (const { places, bytes } of frames) {
        if (places.every((place) => stored.has(place))) continue;
        const rows = recordsOf((await unpack(bytes))!).filter(({ place }) => !stored.has(place));
        await write(runId, rows, bytes);
      }
      unsaved.clear();
    },
    async remove(runId) {
      await store.remove(runId);
      await copies?.remove(runId);
      session.delete(runId);
      copiedRuns.delete(runId);
    },
  };
}

function unsavedOf(frames: SessionTrials['frames'], unsaved: ReadonlySet<number>): UnsavedTrials {
  return {
    count: unsaved.size,
    async lines() {
      const parts: Blob[] = [];
      for (const { places, bytes } of frames) {
        if (!places.some((place) => unsaved.has(place))) continue;
        const { lines } = (await unpack(bytes))!;
        parts.push(new Blob(lines.filter((_, i) => unsaved.has(places[i]!)).map((line) => `${line}\n`)));
      }
      return new Blob(parts, { type: 'application/jsonl' });
    },
  };
}

const notSaved = ({ code, message, advice }: LabError, count: number): LabError =>
  new LabError(
    code,
    `${message} ${count} finished ${count === 1 ? 'trial of this run is' : 'trials of this run are'} only in memory.`,
    { advice: `Save them now, because closing or reloading this page loses them. ${advice}` },
  );
