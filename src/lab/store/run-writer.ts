/** @file A run that this call alone may write to, checked against the plan that goes on with it. */
import { withLearned, type Learned } from '../plan/artifacts.ts';
import type { DeviceInfo, RunState } from '../records/run.ts';
import { versions } from '../records/versions.ts';
import { checkSamePlan, checkSameTrials, type PlacedRecord } from '../trials/placement.ts';
import type { Expanded } from '../trials/trials.ts';
import type { RunStore } from './run-store.ts';

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
