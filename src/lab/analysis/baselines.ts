/** @file Searches beside their baselines: what a method reaches beyond as many queries without its idea. */
import { baselineOf, learnsFirst } from '../../attacks/baselines.ts';
import { groupedBy } from '../../core/groups.ts';
import { mean } from '../../core/statistics.ts';
import { undefended, type Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { BaselineCheck, Spending } from '../records/summary.ts';
import { forwardPasses } from '../records/usage.ts';
import { comparisonOf } from './pairs.ts';
import { sameRequests } from './same-requests.ts';
import { outcomeOf, type ScoringEvaluator } from './verdicts.ts';

/** What a trial cost the model under attack. */
const passesOf = ({ usage }: TrialDigest): number => forwardPasses(usage);

const spendingOf = (trials: readonly TrialDigest[]): Spending => {
  const per = (count: (trial: TrialDigest) => number) => mean(trials.map(count));
  return {
    queries: per(({ usage }) => usage.queries),
    sequences: per(({ usage }) => usage.scored),
    gradients: per(({ usage }) => usage.gradients),
  };
};

/**
 * Every attack whose baseline is in the plan too, on the undefended model and harmful behaviors, in the order of the plan.
 * The budget is what the attack spent on the behavior that cost it most; a baseline that went on beyond it, because it had
 * not succeeded yet, counts as failed there. An attack that learns first has no such limit: what that took is not counted.
 * @param success cards of the plan's evaluators of success
 */
export function checkBaselines(
  plan: Plan,
  success: readonly ScoringEvaluator[],
  digests: readonly TrialDigest[],
): readonly BaselineCheck[] {
  const ids = plan.attacks.map(({ id }) => id);
  const pairs = ids.flatMap((attack) => {
    const baseline = baselineOf(attack);
    return baseline !== undefined && ids.includes(baseline) ? [{ attack, baseline }] : [];
  });
  if (pairs.length === 0) return [];
  const open = digests.filter(({ defense, kind }) => defense === undefended && kind === 'harmful');
  const groups = groupedBy(open, ({ model, attack }) => `${model} ${attack}`);
  return plan.models.targets.flatMap((model) =>
    pairs.flatMap(({ attack, baseline }) => {
      const [own, other] = [attack, baseline].map((id) => groups.get(`${model} ${id}`) ?? []);
      if (own!.length === 0 || other!.length === 0) return [];
      return success.map((card) => ({
        model,
        attack,
        baseline,
        ...checkOf(card, own!, other!, learnsFirst(attack)),
      }));
    }),
  );
}

function checkOf(
  card: ScoringEvaluator,
  own: readonly TrialDigest[],
  other: readonly TrialDigest[],
  learned: boolean,
): Omit<BaselineCheck, 'model' | 'attack' | 'baseline'> {
  const scored = sameRequests(own, other).flatMap(([trial, beside]) => {
    const [first, second] = [outcomeOf(card, trial), outcomeOf(card, beside)];
    return first === null || second === null ? [] : [{ trial, beside, first, second }];
  });
  const budget = Math.max(0, ...scored.map(({ trial }) => passesOf(trial)));
  const limit = learned ? Infinity : budget;
  const pairs = scored.map((pair) => ({ ...pair, second: pair.second && passesOf(pair.beside) <= limit }));
  const failed = pairs.filter(({ second }) => !second).map(({ beside }) => passesOf(beside));
  const { paired, onlyFirst, onlySecond, p } = comparisonOf(pairs);
  return {
    evaluator: card.id,
    paired,
    successes: pairs.filter(({ first }) => first).length,
    baselineSuccesses: pairs.filter(({ second }) => second).length,
    onlyAttack: onlyFirst,
    onlyBaseline: onlySecond,
    budget: {
      attack: learned ? null : budget,
      baseline: Math.min(...(failed.length > 0 ? failed : [budget])),
    },
    p,
    spent: {
      attack: spendingOf(pairs.map(({ trial }) => trial)),
      baseline: spendingOf(pairs.map(({ beside }) => beside)),
    },
  };
}
