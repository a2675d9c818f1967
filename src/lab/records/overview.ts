/** @file What a page shows of a run, while it goes on and once it is opened: small, whatever the size of the run. */
import type { RunSummary } from './summary.ts';

export interface RunOverview {
  /** Counts up when the meaning of a field changes; a stored overview of another version is made again. */
  readonly version: 1;
  /** Trials that it covers. */
  readonly finished: number;
  readonly summary: RunSummary;
}
