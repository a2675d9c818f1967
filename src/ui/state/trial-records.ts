/** @file Lists of trial records. Pure. */
import type { TrialRecord } from '../../lab/records/trial.ts';
import { trialId } from '../format.ts';

/** `records` and those of `fresh` that it does not hold yet. */
export function withNew(
  records: readonly TrialRecord[],
  fresh: readonly TrialRecord[],
): readonly TrialRecord[] {
  const ids = new Set(records.map(trialId));
  return [...records, ...fresh.filter((record) => !ids.has(trialId(record)))];
}
