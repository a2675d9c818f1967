/** @file The contract of a store of runs: each trial record once, complete, in the order of the plan. */
import type { RunArtifact } from '../plan/artifacts.ts';
import type { RunInfo } from '../records/run.ts';
import type { PlacedRecord } from '../trials/placement.ts';

/** A run as it is stored: with its artifacts, without what is counted from its trials. */
export interface StoredRunInfo extends Omit<RunInfo, 'finished'> {
  readonly artifacts?: readonly RunArtifact[];
}

export interface RunStore {
  /** Whether records outlive the page. When false, say so before a long run starts. */
  readonly persistent: boolean;
  runs(): Promise<readonly RunInfo[]>;
  run(runId: string): Promise<RunInfo | undefined>;
  /** Add or replace what is known about a run; its trials are untouched. */
  putRun(run: StoredRunInfo): Promise<void>;
  /** The artifacts of a run's defenses; separate from `run`, because they can be large. */
  artifacts(runId: string): Promise<readonly RunArtifact[]>;
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
