/** @file What a page shows of a run, while it goes on and once it is opened: small, whatever the size of the run. */
import type { RunSummary } from './summary.ts';
import type { TrialKey } from './trial.ts';

export interface RunOverview {
  /** Counts up when the meaning of a field changes; a stored overview of another version is made again. */
  readonly version: 1;
  /** Trials that it covers. */
  readonly finished: number;
  readonly summary: RunSummary;
  readonly paces: readonly CellPace[];
}

/** How far a cell is and how long its trials took, behaviors of every kind together. */
export interface CellPace extends Omit<TrialKey, 'behavior'> {
  readonly trials: number;
  /** Sums over its trials. */
  readonly attackMs: number;
  /** Answering and scoring. */
  readonly answerMs: number;
}
