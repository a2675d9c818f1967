/** @file Models under attack in one run, each beside the first of the plan: paired by behavior, as before and after a training. */
import { modesOf } from '../plan/attack-mode.ts';
import { defenseNames, directRequest, type Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { TargetCheck } from '../records/summary.ts';
import {
  adjustedChecks,
  comparisonOf,
  pairsOf,
  trialsByCell,
  type AdjustedCheck,
  type Evaluators,
  type Pair,
} from './pairs.ts';
import { sameRequests } from './same-requests.ts';
import { outcomeOf, type ScoringEvaluator } from './verdicts.ts';

/** In the order of the plan: all attacks of a column together, each attack, over-refusal and utility. */
export function checkTargets(
  plan: Plan,
  { success, refusal, utility }: Evaluators,
  digests: readonly TrialDigest[],
): readonly TargetCheck[] {
  const [first, ...later] = plan.models.targets;
  const trials = trialsByCell(digests);
  const attacks = plan.attacks.map(({ id }) => id);
  return later.flatMap((model) =>
    defenseNames(plan).flatMap((defense): readonly TargetCheck[] => {
      const names = { model, beside: first!, defense };
      const both = (attack: string, kind: TrialDigest['kind'], mode = 'static') =>
        [trials(model, attack, defense, kind, mode), trials(first!, attack, defense, kind, mode)] as const;
      const benign = (
        measure: 'over-refusal' | 'utility',
        card: ScoringEvaluator | undefined,
        kind: TrialDigest['kind'],
      ) =>
        card
          ? checkOf({ ...names, measure, evaluator: card.id }, pairsOf(card, ...both(directRequest, kind)))
          : [];
      return [
        ...success.flatMap((card) => {
          const cells = attacks.flatMap((attack) =>
            modesOf(plan, { attack, defense }).map((mode) => {
              const [own, other] = both(attack, 'harmful', mode);
              const decided = sameRequests(own, other).filter((pair) =>
                pair.every((trial) => outcomeOf(card, trial) !== null),
              );
              const samePrompts = decided.filter(isSamePrompt).length;
              const check = {
                ...names,
                measure: 'success',
                evaluator: card.id,
                attack,
                samePrompts,
              } as const;
              return {
                check: { ...check, ...(mode === 'adaptive' && { mode }) },
                pairs: pairsOf(card, own, other),
                trials: [own, other] as const,
              };
            }),
          );
          const told = cells.filter(({ pairs }) => pairs.length > 0);
          const any =
            told.length > 1
              ? anyOf(
                  card,
                  told.map((cell) => cell.trials),
                )
              : [];
          return [
            ...checkOf({ ...names, measure: 'any attack', evaluator: card.id }, any),
            ...told.flatMap(({ check, pairs }) => checkOf(check, pairs)),
          ];
        }),
        ...benign('over-refusal', refusal, 'benign-lookalike'),
        ...benign('utility', utility, 'benign'),
      ];
    }),
  );
}

/** Sent in the same words to both, and no model was changed for it. */
const isSamePrompt = ([own, other]: readonly [TrialDigest, TrialDigest]): boolean =>
  own.sent === other.sent && !own.edited && !other.edited;

const checkOf = (
  check: Omit<TargetCheck, keyof ReturnType<typeof comparisonOf> | 'both'>,
  pairs: readonly Pick<Pair, 'first' | 'second'>[],
): readonly TargetCheck[] => {
  const both = pairs.filter(({ first, second }) => first && second).length;
  return pairs.length === 0 ? [] : [{ ...check, ...comparisonOf(pairs), both }];
};

/** Whether any of the attacks succeeded on a behavior; it is decided by one success, or by all failures. */
function anyOf(
  card: ScoringEvaluator,
  cells: readonly (readonly [own: readonly TrialDigest[], other: readonly TrialDigest[]])[],
): readonly Pick<Pair, 'first' | 'second'>[] {
  const outcomes = new Map<string, { first: (boolean | null)[]; second: (boolean | null)[] }>();
  for (const [own, other] of cells)
    for (const [trial, beside] of sameRequests(own, other)) {
      const found = outcomes.get(trial.asked) ?? { first: [], second: [] };
      found.first.push(outcomeOf(card, trial));
      found.second.push(outcomeOf(card, beside));
      outcomes.set(trial.asked, found);
    }
  const any = (some: readonly (boolean | null)[]) =>
    some.includes(true) ? true : some.includes(null) ? null : false;
  return [...outcomes.values()].flatMap((found) => {
    const [first, second] = [any(found.first), any(found.second)];
    return first === null || second === null ? [] : [{ first, second }];
  });
}

export type AdjustedTarget = AdjustedCheck<TargetCheck>;

/** Those that one evaluator of success and the benign requests tell, adjusted for all of them together. */
export const targetsJudgedBy = (
  checks: readonly TargetCheck[],
  evaluator: string,
): readonly AdjustedTarget[] =>
  adjustedChecks(
    checks.filter(
      (check) =>
        check.evaluator === evaluator || check.measure === 'over-refusal' || check.measure === 'utility',
    ),
  );
