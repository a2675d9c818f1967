/** @file A finished run of made-up records, as its folder would hold it, without running anything. */
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { trialLines } from '../../src/lab/records/export.ts';
import { digestOf } from '../../src/lab/records/digest.ts';
import type { RunContents, RunHead } from '../../src/lab/records/run.ts';
import type { TrialRecord } from '../../src/lab/records/trial.ts';
import type { PlanInput } from '../../src/lab/plan/plan.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { device, trialOf } from '../ui/fake-lab.ts';
import { planInput } from '../ui/plan.ts';

/** A run with all its records. */
export interface SmallRun extends RunContents {
  readonly records: readonly TrialRecord[];
}

export function smallRun(changes: Partial<PlanInput> = {}): SmallRun {
  const { resolved, chunks } = expandPlan({ ...planInput, ...changes }, registries);
  const head = {
    plan: resolved.plan,
    versions: { glovebox: '0.0.1', engine: '2.0' },
    device,
    startedAt: '2026-01-02T03:04:05.678Z',
  };
  return withRecords(
    head,
    chunks
      .flatMap(({ trials }) => trials)
      .toSorted((a, b) => a.place - b.place)
      .map(({ key, behavior, seed }) => ({ ...trialOf(resolved.plan, key, behavior), seed })),
  );
}

/** The run with other records. */
export const withRecords = (head: RunHead, records: readonly TrialRecord[]): SmallRun => ({
  ...head,
  records,
  digests: records.map(digestOf),
});

/** Records as trials.jsonl holds them. */
export const trialsJsonl = (records: readonly TrialRecord[]): string => [...trialLines(records)].join('');
