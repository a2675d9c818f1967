/**
 * @file The contract of a store of runs: each trial record once, complete, in the order of the plan. A run may be larger
 * than memory, so whole records are read one by one or in batches; what is read of all of them are digests.
 */
import type { RunArtifact } from '../plan/artifacts.ts';
import type { Plan } from '../plan/plan.ts';
import type { Cell, PlacedDigest } from '../records/digest.ts';
import type { Label, Labels } from '../records/labels.ts';
import type { RunOverview } from '../records/overview.ts';
import type { RunInfo } from '../records/run.ts';
import type { TrialRecord } from '../records/trial.ts';
import type { PlacedRecord } from '../trials/placement.ts';

/** A run as it is stored: with its plan, its artifacts and its overview, without what is counted from its trials. */
export interface StoredRunInfo extends Omit<RunInfo, 'finished' | 'name'> {
  readonly plan: Plan;
  readonly artifacts?: readonly RunArtifact[];
  /** As it was when the run last ended in whatever way; it may cover fewer trials than are stored. */
  readonly overview?: RunOverview | undefined;
}

export interface RunStore {
  /** Whether records outlive the page. When false, say so before a long run starts. */
  readonly persistent: boolean;
  runs(): Promise<readonly RunInfo[]>;
  run(runId: string): Promise<RunInfo | undefined>;
  /** Add or replace what is known about a run; its trials are untouched. */
  putRun(run: StoredRunInfo): Promise<void>;
  /** Separate from `run`, as are artifacts: they can be large. */
  plan(runId: string): Promise<Plan | undefined>;
  artifacts(runId: string): Promise<readonly RunArtifact[]>;
  /** As `putRun` stored it last. */
  overview(runId: string): Promise<RunOverview | undefined>;
  /** What people said of its answers. */
  labels(runId: string): Promise<Labels>;
  /** Add to them or replace them, and forget those that are `undefined`. Labels of an unknown run are ignored. */
  putLabels(runId: string, labels: ReadonlyMap<string, Label | undefined>): Promise<void>;
  /** Of every trial, or of those in a cell, in the order of the plan. */
  digests(runId: string, cell?: Cell): AsyncIterable<readonly PlacedDigest[]>;
  /** Every record, in the order of the plan, in batches of some megabytes. */
  trials(runId: string): AsyncIterable<readonly PlacedRecord[]>;
  trial(runId: string, place: number): Promise<TrialRecord | undefined>;
  /**
   * Add records of a run that is known, all or none. A place is written once: writing it again rejects.
   * @throws LabError 'disk-full', 'quota-exceeded', 'storage-lost' or 'storage-failed'; what was stored before stays,
   * unless it was lost, and the records stay in memory.
   */
  append(runId: string, records: readonly PlacedRecord[]): Promise<void>;
  /** The trials that this session finished of a run that is not done, stored or not. */
  inMemory(runId: string): TrialsInMemory | null;
  /**
   * Store trials that this session finished and the store does not hold, of a run that is known.
   * @throws as `append`
   */
  appendUnsaved(runId: string): Promise<void>;
  /** Forget a run and its trials. An unknown id is ignored. */
  remove(runId: string): Promise<void>;
  /**
   * Hold a run for writing, in every tab.
   * @returns how to let go
   * @throws LabError 'run-locked' while another tab (or call) holds it.
   */
  lock(runId: string): Promise<() => void>;
}

/** A store without copies in memory. */
export type BareStore = Omit<RunStore, 'inMemory' | 'appendUnsaved'>;

export interface TrialsInMemory {
  readonly count: number;
  /** As `trials.jsonl` in the folder of a run. */
  lines(): Promise<Blob>;
}

/** All items of batches, for runs that are known to be small. */
export async function inOneList<T>(batches: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const batch of batches) for (const item of batch) all.push(item);
  return all;
}
