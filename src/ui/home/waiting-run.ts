/** @file Which stored run can be continued. Pure. */
import type { RunInfo } from '../../lab/records/run.ts';

/** The newest run with trials left, other than the demonstration; `null` where all are finished. @param runs newest first */
export const waitingRun = (runs: readonly RunInfo[], demoName: string): RunInfo | null =>
  runs.find(
    ({ name, state, finished, total }) => name !== demoName && state !== 'done' && finished < total,
  ) ?? null;
