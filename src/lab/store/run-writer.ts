/** @file A run that this call alone may write to, checked against the plan that goes on with it. */
import { withLearned, type Learned } from '../plan/artifacts.ts';
import { parsePlan } from '../plan/plan.ts';
import type { DeviceInfo, RunState } from '../records/trial.ts';
import type { Registries } from '../trials/registries.ts';
import { resolvePlan, type ResolvedPlan } from '../trials/resolve.ts';
import { checkSamePlan, checkSameTrials } from '../trials/placement.ts';
import type { PlacedRecord, RunStore } from './indexeddb.ts';
import { chunksOf, type Chunk } from '../trials/trials.ts';
import { versions } from '../records/versions.ts';

/** A checked plan and the trials it stands for. */
export interface Expanded {
  readonly resolved: ResolvedPlan;
  readonly chunks: readonly Chunk[];
  /** Number of trials. */
  readonly total: number;
}

/** @throws LabError as `parsePlan` and `resolvePlan` do */
export function expand(input: unknown, registries: Registries): Expanded {
  const resolved = resolvePlan(parsePlan(input), registries);
  const chunks = chunksOf(resolved, registries);
  return { resolved, chunks, total: chunks.reduce((sum, { trials }) => sum + trials.length, 0) };
}

export interface HeldRun {
  /** Trials that were finished before, in the order of the plan. */
  readonly stored: readonly PlacedRecord[];
  note(state: RunState): Promise<void>;
  /** Keep what a defense learned. */
  learn(learned: Learned): Promise<void>;
  append(records: readonly PlacedRecord[]): Promise<void>;
  /** Let others go on with the run. */
  release(): void;
}

/** @throws LabError 'run-locked', or 'bad-plan' when what is stored under this id belongs to another plan */
export async function holdRun(
  runId: string,
  { resolved: { plan }, chunks, total }: Expanded,
  { store, device }: { readonly store: RunStore; readonly device: DeviceInfo },
): Promise<HeldRun> {
  const release = await store.lock(runId);
  try {
    const before = await store.run(runId);
    if (before) checkSamePlan(before, plan);
    const stored = await store.trials(runId);
    checkSameTrials(runId, stored, chunks);
    const createdAt = before?.createdAt ?? new Date().toISOString();
    let state = before?.state ?? 'paused';
    let learned = await store.learned(runId);
    const put = () => store.putRun({ id: runId, plan, device, versions, createdAt, state, total, learned });
    return {
      stored,
      async note(now) {
        state = now;
        await put();
      },
      async learn(fresh) {
        learned = withLearned(learned, fresh);
        await put();
      },
      append: (records) => store.append(runId, records),
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}
