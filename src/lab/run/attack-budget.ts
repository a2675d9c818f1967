/** @file Ends attacks that have spent what the plan lets them spend on one behavior. */
import { startStopwatch } from '../../core/stopwatch.ts';
import type { AttackBudget } from '../plan/attack-limits.ts';
import { forwardPasses, noUsage, tokensOf, type UsageByRole } from '../records/usage.ts';
import type { Meter } from './meter.ts';
import type { PausePoint } from './pause.ts';

/** Tokens that a server did not count are not known to be spent. */
export const isSpent = (
  { queries = Infinity, tokens = Infinity, seconds = Infinity }: AttackBudget,
  usage: UsageByRole,
  elapsedMs: number,
): boolean =>
  forwardPasses(usage.target ?? noUsage) >= queries ||
  tokensOf(usage) >= tokens ||
  elapsedMs >= seconds * 1000;

/** Tells whether the budget of one attack, which starts now, is spent. The time of pauses does not count. */
export function watchBudget(budget: AttackBudget, { usage }: Meter, pausePoint?: PausePoint): () => boolean {
  const watch = startStopwatch();
  const pausedMs = () => pausePoint?.pausedMs ?? 0;
  const pausedBefore = pausedMs();
  return () => isSpent(budget, usage, watch.elapsedMs() - (pausedMs() - pausedBefore));
}
