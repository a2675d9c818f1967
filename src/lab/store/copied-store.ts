/**
 * @file A store with copies of what is written: of the trials of this session in memory, so that those that cannot be
 * stored are not lost, and of every run in files, where there are any.
 */
import { fingerprint } from '../../core/hash.ts';
import { trialLine } from '../records/export.ts';
import { isStorageError, storageError } from '../storage/storage-errors.ts';
import type { PlacedRecord } from '../trials/placement.ts';
import { packRun, packTrials, recordsOf, unpack } from './frames.ts';
import type { RunCopies } from './run-copies.ts';
import type { BareStore, RunStore, StoredRunInfo, TrialsInMemory } from './run-store.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Some trials that this session finished, packed. */
interface Kept {
  readonly places: readonly number[];
  readonly bytes: Bytes;
}

export function withCopies(store: BareStore, copies: RunCopies | null): RunStore {
  /** By run: what this session finished, in the order written. */
  const session = new Map<string, Kept[]>();
  /** Fingerprints of what the copies say about runs. */
  const copiedRuns = new Map<string, string>();

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
    try {
      await copy(runId, frame);
      await store.append(runId, rows);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      if (await isRestored(runId, rows)) return;
      if (error.code === 'storage-lost') copiedRuns.delete(runId);
      throw error;
    }
  };

  /** True if the store was restored while `rows` were appended: it holds them then, from the copy made just before. */
  const isRestored = async (runId: string, rows: readonly PlacedRecord[]): Promise<boolean> => {
    try {
      if (!copies || !(await store.run(runId))) return false;
      const held = await Promise.all(rows.map(({ place }) => store.trial(runId, place)));
      return rows.every(({ record }, i) => held[i] && trialLine(held[i]) === trialLine(record));
    } catch {
      return false;
    }
  };

  const appendUnsaved = async (runId: string): Promise<void> => {
    const kept = session.get(runId);
    if (!kept) return;
    const stored = new Set<number>();
    for await (const batch of store.digests(runId)) for (const { place } of batch) stored.add(place);
    for (const { places, bytes } of kept) {
      if (places.every((place) => stored.has(place))) continue;
      const rows = recordsOf((await unpack(bytes))!).filter(({ place }) => !stored.has(place));
      await write(runId, rows, bytes);
    }
  };
  /** A run is done when every trial is stored: those of this session may have been lost and be in memory still. */
  const checkDone = async ({ id, total }: StoredRunInfo): Promise<void> => {
    const isWhole = async () => ((await store.run(id))?.finished ?? 0) >= total;
    if (await isWhole()) return;
    await appendUnsaved(id);
    if (!(await isWhole())) throw storageError('storage-lost');
  };

  return {
    ...store,
    async putRun(run) {
      const { overview: _, ...lasting } = { ...run, state: 'paused' as const };
      const print = fingerprint(JSON.stringify(lasting));
      if (copiedRuns.get(run.id) !== print) await copy(run.id, await packRun(lasting));
      copiedRuns.set(run.id, print);
      if (run.state === 'done') await checkDone(run);
      await store.putRun(run);
      if (run.state === 'done') session.delete(run.id);
    },
    async append(runId, rows) {
      const bytes = await packTrials(rows);
      const kept = session.get(runId) ?? [];
      session.set(runId, kept);
      kept.push({ places: rows.map(({ place }) => place), bytes });
      await write(runId, rows, bytes);
    },
    inMemory(runId) {
      const kept = session.get(runId);
      return kept ? trialsIn(kept) : null;
    },
    appendUnsaved,
    async remove(runId) {
      await store.remove(runId);
      await copies?.remove(runId);
      session.delete(runId);
      copiedRuns.delete(runId);
    },
  };
}

const trialsIn = (kept: readonly Kept[]): TrialsInMemory => ({
  count: kept.reduce((count, { places }) => count + places.length, 0),
  async lines() {
    const parts: Blob[] = [];
    for (const { bytes } of kept)
      parts.push(new Blob((await unpack(bytes))!.lines.map((line) => `${line}\n`)));
    return new Blob(parts, { type: 'application/jsonl' });
  },
});
