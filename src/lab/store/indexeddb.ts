/** @file Where runs and their trials are kept: each record once, complete, in the order of the plan. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { LabError } from '../../core/errors.ts';
import type { Learned } from '../plan/artifacts.ts';
import type { RunInfo, TrialRecord } from '../records/trial.ts';

/** A run without what is counted from its trials, with what its defenses learned. */
export interface StoredRun extends Omit<RunInfo, 'finished'> {
  readonly learned?: readonly Learned[];
}

/** A record and its place in the expanded plan, from 0. */
export interface PlacedRecord {
  readonly place: number;
  readonly record: TrialRecord;
}

export interface RunStore {
  /** Whether records outlive the page. When false, say so before a long run starts. */
  readonly persistent: boolean;
  runs(): Promise<readonly RunInfo[]>;
  run(runId: string): Promise<RunInfo | undefined>;
  /** Add or replace what is known about a run; its trials are untouched. */
  putRun(run: StoredRun): Promise<void>;
  /** What defenses learned; apart from `run`, because it can be large. */
  learned(runId: string): Promise<readonly Learned[]>;
  /** In the order of the plan. */
  trials(runId: string): Promise<readonly PlacedRecord[]>;
  /**
   * Add records, all or none. A place is written once: writing it again rejects.
   * @throws LabError 'quota-exceeded' when the disk is full; what was stored before stays.
   */
  append(runId: string, records: readonly PlacedRecord[]): Promise<void>;
  /** Forget a run and its trials. An unknown id is ignored. */
  remove(runId: string): Promise<void>;
  /**
   * Hold a run for writing, in every tab.
   * @returns how to let go
   * @throws LabError 'run-locked' while another tab (or call) holds it.
   */
  lock(runId: string): Promise<() => void>;
}

interface Schema extends DBSchema {
  runs: { key: string; value: StoredRun };
  trials: { key: [runId: string, place: number]; value: PlacedRecord & { readonly runId: string } };
}

/** The range of all trials of a run: a list sorts after every number. */
const trialsOf = (runId: string) => IDBKeyRange.bound([runId], [runId, []]);

/** @throws LabError 'storage-unavailable' when the browser offers no IndexedDB here. */
export async function openIndexedDbStore({
  name = 'glovebox',
  locks,
  lockWaitMs = 5000,
}: {
  readonly name?: string;
  readonly locks?: LockManager | undefined;
  readonly lockWaitMs?: number;
} = {}): Promise<RunStore> {
  const db = await openDatabase(name);
  const lock = locks ? webLocks(locks, lockWaitMs) : localLocks();
  const withCount = async ({ learned: _, ...run }: StoredRun): Promise<RunInfo> => ({
    ...run,
    finished: await db.count('trials', trialsOf(run.id)),
  });
  return {
    persistent: true,
    lock,
    runs: async () => Promise.all((await db.getAll('runs')).map(withCount)),
    async run(runId) {
      const run = await db.get('runs', runId);
      return run && withCount(run);
    },
    learned: async (runId) => (await db.get('runs', runId))?.learned ?? [],
    putRun: (run) => writing(async () => void (await db.put('runs', run))),
    async trials(runId) {
      const rows = await db.getAll('trials', trialsOf(runId));
      return rows.map(({ place, record }) => ({ place, record }));
    },
    append: (runId, records) =>
      writing(async () => {
        const transaction = db.transaction('trials', 'readwrite', { durability: 'strict' });
        const added = records.map((row) => transaction.store.add({ runId, ...row }));
        await Promise.all([...added, transaction.done]);
      }),
    async remove(runId) {
      const transaction = db.transaction(['runs', 'trials'], 'readwrite');
      await Promise.all([
        transaction.objectStore('runs').delete(runId),
        transaction.objectStore('trials').delete(trialsOf(runId)),
        transaction.done,
      ]);
    },
  };
}

/** Keeps runs for as long as the worker lives: for tests, and where the browser refuses to store anything. */
export function createMemoryStore(): RunStore {
  const runs = new Map<string, StoredRun>();
  const trials = new Map<string, PlacedRecord[]>();
  const rows = (runId: string) => trials.get(runId) ?? [];
  const withCount = ({ learned: _, ...run }: StoredRun): RunInfo => ({
    ...run,
    finished: rows(run.id).length,
  });
  return {
    persistent: false,
    lock: localLocks(),
    runs: async () => [...runs.values()].map(withCount),
    async run(runId) {
      const run = runs.get(runId);
      return run && withCount(run);
    },
    learned: async (runId) => runs.get(runId)?.learned ?? [],
    putRun: async (run) => void runs.set(run.id, structuredClone(run)),
    trials: async (runId) => rows(runId).toSorted((a, b) => a.place - b.place),
    async append(runId, records) {
      const taken = new Set(rows(runId).map(({ place }) => place));
      const again = records.find(({ place }) => taken.has(place));
      if (again) throw new Error(`Trial ${again.place} of run ${runId} is already stored.`);
      trials.set(runId, [...rows(runId), ...structuredClone(records)]);
    },
    async remove(runId) {
      runs.delete(runId);
      trials.delete(runId);
    },
  };
}

/** The lasting store where there is one, else the one in memory. */
export async function openStore(locks?: LockManager): Promise<RunStore> {
  try {
    return await openIndexedDbStore({ locks });
  } catch (error) {
    if (error instanceof LabError && error.code === 'storage-unavailable') return createMemoryStore();
    throw error;
  }
}

async function openDatabase(name: string): Promise<IDBPDatabase<Schema>> {
  try {
    return await openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('runs', { keyPath: 'id' });
        db.createObjectStore('trials', { keyPath: ['runId', 'place'] });
      },
    });
  } catch (cause) {
    throw new LabError('storage-unavailable', 'This browser refuses to store data for this site.', {
      advice: 'Leave private browsing or allow site data; until then results last only as long as the page.',
      cause,
    });
  }
}

async function writing(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if ((cause as Error | null)?.name !== 'QuotaExceededError') throw cause;
    throw new LabError('quota-exceeded', 'There is no room left to store more trials.', {
      advice:
        'Finished trials are safe. Remove old runs or models, or free disk space, then run the plan again.',
      cause,
    });
  }
}

const locked = (runId: string) =>
  new LabError('run-locked', `Run ${runId} is already going on.`, {
    advice: 'Wait for it here or in the other tab, or stop it there; then it can go on from its last trial.',
  });

/**
 * A Web Lock lives in every tab of the site and ends with the worker that holds it, however that ends. A page that is
 * reloaded may find the worker of its former self still ending, so a held lock is waited for a little.
 */
const webLocks =
  (locks: LockManager, waitMs: number): RunStore['lock'] =>
  (runId) =>
    new Promise((resolve, reject) => {
      const hold = () =>
        new Promise<void>((release) => {
          resolve(release);
        });
      const waiting = AbortSignal.timeout(waitMs);
      locks
        .request(`glovebox-run-${runId}`, { signal: waiting }, hold)
        .catch((error: unknown) => reject(waiting.aborted ? locked(runId) : error));
    });

function localLocks(): RunStore['lock'] {
  const held = new Set<string>();
  return async (runId) => {
    if (held.has(runId)) throw locked(runId);
    held.add(runId);
    return () => void held.delete(runId);
  };
}
