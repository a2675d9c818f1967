/** @file Searches beside their baselines: what a method reaches beyond as many queries without its idea. */
import { baselineOf } from '../../attacks/baselines.ts';
import { groupedBy } from '../../core/groups.ts';
import { mean, mcNemar } from '../../core/statistics.ts';
import { undefended, type Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { BaselineCheck, Spending } from '../records/summary.ts';
import { verdictOf, type ScoringEvaluator } from './verdicts.ts';

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
      return success.map((card) => ({ model, attack, baseline, ...checkOf(card, own!, other!) }));
    }),
  );
}

function checkOf(
  card: ScoringEvaluator,
  own: readonly TrialDigest[],
  other: readonly TrialDigest[],
): Omit<BaselineCheck, 'model' | 'attack' | 'baseline'> {
  const others = new Map(other.map((trial) => [trial.asked, trial]));
  const pairs = own.flatMap((trial) => {
    const beside = others.get(trial.asked);
    const first = verdictOf(card, trial);
    const second = beside === undefined ? null : verdictOf(card, beside);
    return beside === undefined || first === null || second === null
      ? []
      : [{ trial, beside, first, second }];
  });
  const count = (test: (pair: (typeof pairs)[number]) => boolean) => pairs.filter(test).length;
  const onlyAttack = count(({ first, second }) => first && !second);
  const onlyBaseline = count(({ first, second }) => second && !first);
  return {
    evaluator: card.id,
    paired: pairs.length,
    successes: count(({ first }) => first),
    baselineSuccesses: count(({ second }) => second),
    onlyAttack,
    onlyBaseline,
    p: pairs.length === 0 ? null : mcNemar(onlyAttack, onlyBaseline),
    spent: {
      attack: spendingOf(pairs.map(({ trial }) => trial)),
      baseline: spendingOf(pairs.map(({ beside }) => beside)),
    },
  };
}
