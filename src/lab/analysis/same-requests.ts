/** @file Trials of two cells, paired by what they ask. */
import type { TrialDigest } from '../records/digest.ts';

/** Each of `first` with the one of `second` that asks for the same behavior in the same words; those without are left out. */
export function sameRequests(
  first: readonly TrialDigest[],
  second: readonly TrialDigest[],
): readonly (readonly [TrialDigest, TrialDigest])[] {
  const others = new Map(second.map((trial) => [trial.asked, trial]));
  return first.flatMap((trial) => {
    const other = others.get(trial.asked);
    return other === undefined ? [] : [[trial, other] as const];
  });
}
