/** @file Finds the place of stored trials in a plan, and refuses trials of another plan. */
import { LabError } from '../../core/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { recordProblem } from '../records/check.ts';
import type { PlacedDigest } from '../records/digest.ts';
import type { RunInfo } from '../records/run.ts';
import { keyText, type TrialRecord } from '../records/trial.ts';
import type { Chunk } from './trials.ts';

/** @throws LabError 'bad-plan' when the run was started with another plan */
export function checkSamePlan(run: RunInfo, plan: Plan): void {
  if (JSON.stringify(run.plan) === JSON.stringify(plan)) return;
  throw new LabError('bad-plan', `Run ${run.id} was started with another plan.`, {
    advice: 'Give the new plan a run id of its own, or remove the old run.',
  });
}

/** @throws LabError 'bad-plan' when the behaviors have changed since (after an update of the lab, say) */
export function checkSameTrials(
  runId: string,
  stored: readonly PlacedDigest[],
  chunks: readonly Chunk[],
): void {
  const keys = new Map(chunks.flatMap(({ trials }) => trials.map(({ place, key }) => [place, keyText(key)])));
  const misplaced = stored.find(({ place, digest }) => keys.get(place) !== keyText(digest));
  if (misplaced === undefined) return;
  throw new LabError('bad-plan', `Run ${runId} holds trials that are no longer part of its plan.`, {
    advice:
      'Its behavior sets have changed. Export the run if you need it, remove it, and run the plan again.',
  });
}

/**
 * Find the place of each record in the plan. If several records are of one trial, the last one counts.
 * @throws LabError 'bad-input' for a damaged record, or one that is not of this plan
 */
export function placeRecords(
  records: readonly TrialRecord[],
  chunks: readonly Chunk[],
): readonly PlacedRecord[] {
  const trials = new Map(chunks.flatMap((chunk) => chunk.trials.map((trial) => [keyText(trial.key), trial])));
  const rows = records.map((record, i) => {
    const problem = recordProblem(record);
    if (problem !== null) throw unreadable(i, problem);
    const trial = trials.get(keyText(record));
    if (trial === undefined || trial.seed !== record.seed)
      throw unreadable(i, 'The plan has no such trial with this seed.');
    return { place: trial.place, record };
  });
  return [...new Map(rows.map((row) => [row.place, row])).values()];
}

const unreadable = (index: number, reason: string) =>
  new LabError('bad-input', `Trial ${index + 1} cannot be taken over. ${reason}`, {
    advice: 'Go on with the plan and seed that made these trials, or start in an empty folder.',
  });

/** A record and its place in the expanded plan, from 0. */
export interface PlacedRecord {
  readonly place: number;
  readonly record: TrialRecord;
}
