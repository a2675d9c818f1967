/** @file From the digests of trials to what a page shows of their run. */
import { groupedBy } from '../../core/groups.ts';
import type { Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { RunOverview } from '../records/overview.ts';
import type { DeviceInfo } from '../records/run.ts';
import { summarize } from './summarize.ts';
import type { ScoringEvaluator } from './verdicts.ts';

/** @param evaluators cards of the plan's evaluators; others are ignored */
export function overviewOf(
  plan: Plan,
  device: DeviceInfo,
  evaluators: readonly ScoringEvaluator[],
  digests: readonly TrialDigest[],
): RunOverview {
  const cells = groupedBy(digests, ({ model, attack, defense }) => JSON.stringify([model, attack, defense]));
  return {
    version: 1,
    finished: digests.length,
    summary: summarize(plan, device, evaluators, digests),
    paces: [...cells.values()].map((trials) => {
      const { model, attack, defense } = trials[0]!;
      return {
        model,
        attack,
        defense,
        trials: trials.length,
        attackMs: trials.reduce((sum, { times }) => sum + times.attackMs, 0),
        answerMs: trials.reduce((sum, { times }) => sum + times.answerMs + times.scoreMs, 0),
      };
    }),
  };
}
