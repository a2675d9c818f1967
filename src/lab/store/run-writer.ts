/** @file Writes the state, artifacts and records of one run. Only one writer at a time holds a run. */
import { withArtifact, type RunArtifact } from '../plan/artifacts.ts';
import type { PlacedDigest } from '../records/digest.ts';
import type { RunOverview } from '../records/overview.ts';
import type { DeviceInfo, RunState } from '../records/run.ts';
import type { TrialRecord } from '../records/trial.ts';
import { versions } from '../records/versions.ts';
import { checkSamePlan, checkSameTrials, type PlacedRecord } from '../trials/placement.ts';
import type { ExpandedPlan } from '../trials/trials.ts';
import { inOneList, type RunStore } from './run-store.ts';

export interface RunWriter {
  /** Places of trials that earlier calls finished. */
  readonly places: readonly number[];
  /** Their digests, in the order of the plan; `null` when the trials are kept elsewhere, and summarized there. */
  readonly digests: readonly PlacedDigest[] | null;
  /** A finished trial, of this call or an earlier one. */
  trial(place: number): Promise<TrialRecord | undefined>;
  /** @param overview of the trials so far; without one the last that was given stays */
  setState(state: RunState, overview?: RunOverview): Promise<void>;
  /** What defenses learned so far, of this call or an earlier one. */
  readonly artifacts: readonly RunArtifact[];
  addArtifact(artifact: RunArtifact): Promise<void>;
  append(records: readonly PlacedRecord[]): Promise<void>;
  /** Let other writers open the run. */
  release(): void;
}

/**
 * Stores first what an earlier call of this session could not store.
 * @throws LabError 'run-locked', one of storage, or 'bad-plan' when what is stored under this id belongs to another plan
 */
export async function openRunWriter(
  runId: string,
  { resolved: { plan }, chunks, total }: ExpandedPlan,
  { store, device }: { readonly store: RunStore; readonly device: DeviceInfo },
): Promise<RunWriter> {
  const release = await store.lock(runId);
  try {
    const before = await store.run(runId);
    const storedPlan = await store.plan(runId);
    if (storedPlan) checkSamePlan(runId, storedPlan, plan);
    const createdAt = before?.createdAt ?? new Date().toISOString();
    let state = before?.state ?? 'paused';
    let artifacts = await store.artifacts(runId);
    let overview = await store.overview(runId);
    const put = () =>
      store.putRun({ id: runId, plan, device, versions, createdAt, state, total, artifacts, overview });
    if (!before) await put();
    await store.appendUnsaved(runId);
    const stored = await inOneList(store.digests(runId));
    checkSameTrials(runId, stored, chunks);
    return {
      places: stored.map(({ place }) => place),
      digests: stored,
      trial: (place) => store.trial(runId, place),
      async setState(next, latest = overview) {
        [state, overview] = [next, latest];
        await put();
      },
      get artifacts() {
        return artifacts;
      },
      async addArtifact(fresh) {
        artifacts = withArtifact(artifacts, fresh);
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
