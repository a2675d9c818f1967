/** @file Tells when a run has reached a limit of its plan. */
import type { RunLimit, RunLimits } from '../plan/run-limits.ts';
import type { TrialRecord } from '../records/trial.ts';
import { forwardPasses, noUsage, tokensOf } from '../records/usage.ts';

export interface LimitWatch {
  /** Count a finished trial. @param madeAttack its attack was made in it, and not replayed */
  add(record: Pick<TrialRecord, 'usage' | 'attackUsage'>, madeAttack: boolean): void;
  /** The first limit that is reached, or `null`. */
  reached(): RunLimit | null;
}

/** Counts from now on: a run that goes on may spend as much again. */
export function watchLimits(
  { minutes = Infinity, queries = Infinity, tokens = Infinity }: RunLimits,
  now: () => number = () => performance.now(),
): LimitWatch {
  const startedAt = now();
  const spent = { queries: 0, tokens: 0 };
  return {
    add({ usage, attackUsage }, madeAttack) {
      const replayed = madeAttack ? {} : attackUsage;
      spent.queries += forwardPasses(usage.target ?? noUsage) - forwardPasses(replayed.target ?? noUsage);
      spent.tokens += tokensOf(usage) - tokensOf(replayed);
    },
    reached() {
      if (now() - startedAt >= minutes * 60_000) return 'minutes';
      if (spent.queries >= queries) return 'queries';
      return spent.tokens >= tokens ? 'tokens' : null;
    },
  };
}
