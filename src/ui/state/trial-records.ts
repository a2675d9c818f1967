/** @file Lists of trial records. Pure. */
import { keyText, type TrialRecord } from '../../lab/records/trial.ts';

/** `records` and those of `fresh` that it does not hold yet. */
export function withNew(
  records: readonly TrialRecord[],
  fresh: readonly TrialRecord[],
): readonly TrialRecord[] {
  const ids = new Set(records.map(keyText));
  return [...records, ...fresh.filter((record) => !ids.has(keyText(record)))];
}
