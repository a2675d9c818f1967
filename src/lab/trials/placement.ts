/** @file Finds the place of stored trials in a plan, and refuses trials of another plan. */
import { behaviorSchema, type Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import type { Plan } from '../plan/plan.ts';
import { recordProblem } from '../records/check.ts';
import type { PlacedDigest } from '../records/digest.ts';
import { keyText, type TrialRecord } from '../records/trial.ts';
import type { Chunk, Trial } from './trials.ts';

/** @throws LabError 'bad-plan' when the run was started with another plan */
export function checkSamePlan(runId: string, stored: Plan, plan: Plan): void {
  if (JSON.stringify(stored) === JSON.stringify(plan)) return;
  throw new LabError('bad-plan', `Run ${runId} was started with another plan.`, {
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

/** Finds the trial of a plan that a checked record is of. @throws LabError 'bad-input' when it is of no trial of the plan */
export type Placer = (record: TrialRecord) => Trial;

export function placerFor(chunks: readonly Chunk[]): Placer {
  const trials = new Map(chunks.flatMap((chunk) => chunk.trials.map((trial) => [keyText(trial.key), trial])));
  return (record) => {
    const trial = trials.get(keyText(record));
    if (trial === undefined || trial.seed !== record.seed)
      throw misplaced('The plan has no such trial with this seed.', sameRun);
    const field = behaviorFields.find((name) => !isSame(record.behaviorDetail[name], trial.behavior[name]));
    if (field === undefined) return trial;
    const [stored, planned] = [record.behaviorDetail, trial.behavior].map((behavior) =>
      excerpt(JSON.stringify(behavior[field]) ?? 'not given', 80),
    );
    throw misplaced(
      `behaviorDetail.${field}: it is ${stored}, and in the plan ${planned}.`,
      'The trial was edited, or its behavior set has changed. Use the release that made the run, or run the plan again in an empty folder.',
    );
  };
}

const behaviorFields = Object.keys(behaviorSchema.shape) as (keyof Behavior)[];
const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

const sameRun = 'Go on with the plan and seed that made these trials, or start in an empty folder.';
const misplaced = (message: string, advice: string) => new LabError('bad-input', message, { advice });

/**
 * Find the place of each record in the plan. If several records are of one trial, the last one counts.
 * @throws LabError 'bad-input' for a damaged record, or one that is not of this plan
 */
export function placeRecords(
  records: readonly TrialRecord[],
  chunks: readonly Chunk[],
): readonly PlacedRecord[] {
  const trialOf = placerFor(chunks);
  const rows = records.map((record, i) => {
    try {
      const problem = recordProblem(record);
      if (problem !== null) throw misplaced(`${problem}.`, sameRun);
      return { place: trialOf(record).place, record };
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      throw misplaced(`Trial ${i + 1} cannot be taken over. ${error.message}`, error.advice);
    }
  });
  return [...new Map(rows.map((row) => [row.place, row])).values()];
}

/** A record and its place in the expanded plan, from 0. */
export interface PlacedRecord {
  readonly place: number;
  readonly record: TrialRecord;
}
