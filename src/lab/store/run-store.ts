/** @file The contract of a store of runs: each trial record once, complete, in the order of the plan. */
import type { Learned } from '../plan/artifacts.ts';
import type { RunInfo } from '../records/run.ts';
import type { PlacedRecord } from '../trials/placement.ts';

/** A run without what is counted from its trials, with what its defenses learned. */
export interface StoredRunInfo extends Omit<RunInfo, 'finished'> {
  readonly learned?: readonly Learned[];
}

export interface RunStore {
  /** Whether records outlive the page. When false, say so before a long run starts. */
  readonly persistent: boolean;
  runs(): Promise<readonly RunInfo[]>;
  run(runId: string): Promise<RunInfo | undefined>;
  /** Add or replace what is known about a run; its trials are untouched. */
  putRun(run: StoredRunInfo): Promise<void>;
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
