/** @file From the digests of trials to rates: attack success rate, over-refusal, utility and costs of every cell. */
import { groupedBy } from '../../core/groups.ts';
import { person } from '../../evaluators/rules/person.ts';
import type { Rate } from '../../core/statistics.ts';
import { isAdaptive, modeOf, modesOf } from '../plan/attack-mode.ts';
import type { RunArtifact } from '../plan/artifacts.ts';
import { defenseNames, directRequest, undefended, type Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import { withLabel, type Labels } from '../records/labels.ts';
import type { DeviceInfo } from '../records/run.ts';
import type { Cell, RunSummary } from '../records/summary.ts';
import { addUsage, noUsage, type Usage } from '../records/usage.ts';
import { checkBaselines } from './baselines.ts';
import { budgetCurve } from './budget-curves.ts';
import { costOf, elapsedOf, overheadOf, preparationOf, speedOf } from './costs.ts';
import { checkDetectors } from './detectors.ts';
import { checkEvaluators, correctedIn } from './evaluator-checks.ts';
import { withHeadlines } from './headline.ts';
import { checkClaims, checkOutputs } from './integrity.ts';
import { checkPairs } from './pairs.ts';
import { sampledRate } from './samples.ts';
import { checkTargets } from './targets.ts';
import { answerRate, successEvaluators, type ScoringEvaluator } from './verdicts.ts';

/**
 * Summarize the trials of a run so far, in the order of the plan. Cells without a trial are left out.
 * @param evaluators cards of the plan's evaluators; others are ignored
 * @param labels what people say of answers: the truth in place of what exact evaluators say, and an evaluator of its own
 * @param artifacts what defenses of the run learned, with what that took
 */
export function summarize(
  plan: Plan,
  device: DeviceInfo,
  evaluators: readonly ScoringEvaluator[],
  unlabelled: readonly TrialDigest[],
  labels: Labels | null = null,
  artifacts: readonly RunArtifact[] = [],
): RunSummary {
  const preparation = preparationOf(artifacts);
  const digests = labels ? unlabelled.map((digest) => withLabel(digest, labels)) : unlabelled;
  const chosen = evaluatorsIn(plan, labels).flatMap((id) => evaluators.filter((card) => card.id === id));
  const harm = chosen.filter(({ measures }) => measures === 'harm');
  const success = successEvaluators(chosen);
  const refusal = chosen.find(({ measures }) => measures === 'refusal' || measures === 'over-refusal');
  const utility = chosen.find(({ measures }) => measures === 'utility');

  const defended = plan.models.targets.flatMap((model) =>
    defenseNames(plan).map((defense) => ({ model, defense })),
  );
  // The page summarizes a run after every chunk, so thousands of trials are grouped once, not filtered per cell.
  const stacks = groupedBy(digests, ({ model, defense }) => `${model} ${defense}`);
  const within = (model: string, defense: string) => stacks.get(`${model} ${defense}`) ?? [];

  /** Everything asked directly behind a defense, and undefended. */
  const direct = (model: string, defense: string) =>
    [...new Set([undefended, defense])].flatMap((name) =>
      within(model, name).filter(({ attack }) => attack === directRequest),
    );

  const attacked = defended.flatMap(({ model, defense }) =>
    plan.attacks.flatMap(({ id: attack }) => {
      const all = within(model, defense).filter(
        (trial) => trial.attack === attack && trial.kind === 'harmful',
      );
      return modesOf(plan, { attack, defense }).flatMap((mode) => {
        const trials = all.filter((trial) => modeOf(trial) === mode);
        return trials.length === 0 ? [] : [{ model, attack, defense, mode, trials }];
      });
    }),
  );
  const measured = checkEvaluators(plan.seed, chosen, digests, labels);
  const cells = withHeadlines(
    attacked.flatMap(({ trials, ...cell }) =>
      success.map((evaluator): Cell => {
        const check = measured.checks.find(
          ({ model, evaluator: id }) => model === cell.model && id === evaluator.id,
        );
        const corrected = check && correctedIn(evaluator, trials, check);
        return {
          ...cell,
          evaluator: evaluator.id,
          ...(isAdaptive(cell) && sightOf(trials)),
          ...endedIn(trials),
          ...answerRate(evaluator, trials),
          ...(corrected && { corrected }),
          ...costOf(trials),
        };
      }),
    ),
  );
  const attackedUtility = attacked.flatMap(({ trials, ...cell }) => {
    const tasks = trials.filter(({ hasTask }) => hasTask);
    const rate = utility && tasks.length > 0 ? answerRate(utility, tasks) : null;
    return rate?.answers.conditional.scored ? [{ ...cell, ...solvedOf(rate) }] : [];
  });
  const benignRates = (evaluator: ScoringEvaluator | undefined, kind: 'benign' | 'benign-lookalike') =>
    evaluator === undefined
      ? []
      : defended.flatMap(({ model, defense }) => {
          const trials = within(model, defense).filter(
            (trial) => trial.attack === directRequest && trial.kind === kind,
          );
          return trials.length === 0 ? [] : [{ model, defense, ...answerRate(evaluator, trials) }];
        });

  const budgets = attacked.flatMap(({ trials, ...cell }) =>
    success.flatMap((evaluator) => budgetCurve(evaluator, cell, trials) ?? []),
  );
  const samples = attacked.flatMap(({ trials, ...cell }) =>
    success.flatMap((evaluator) => sampledRate(plan.seed, evaluator, cell, trials) ?? []),
  );
  const targets = checkTargets(plan, { success, refusal, utility }, digests);
  const detectors = checkDetectors(plan, digests);
  const precisions = precisionsOf(digests);
  const claims = checkClaims(plan, harm, digests);
  return {
    plan: plan.name,
    seed: plan.seed,
    device,
    elapsedMs: elapsedOf(digests),
    ...(precisions && { precisions }),
    cells,
    overRefusal: benignRates(refusal, 'benign-lookalike').map(({ successes, ...rest }) => ({
      ...rest,
      refused: successes,
    })),
    utility: benignRates(utility, 'benign').map(solvedOf),
    ...(attackedUtility.length > 0 && { attackedUtility }),
    speed: defended.flatMap(({ model, defense }) => {
      const speed = speedOf(model, defense, direct(model, defense));
      return speed.n === 0 ? [] : [speed];
    }),
    overhead: defended.flatMap(
      ({ model, defense }) => overheadOf(model, defense, direct(model, defense)) ?? [],
    ),
    ...(preparation.length > 0 && { preparation }),
    claims,
    baselines: checkBaselines(plan, success, digests),
    comparisons: checkPairs(plan, { success, refusal, utility }, digests),
    ...(targets.length > 0 && { targets }),
    integrity: checkOutputs(plan, harm, digests, claims),
    ...(measured.checks.length > 0 && { evaluators: measured.checks }),
    ...(budgets.length > 0 && { budgets }),
    ...(samples.length > 0 && { samples }),
    ...(detectors.length > 0 && { detectors }),
    ...(measured.agreement.length > 0 && { agreement: measured.agreement }),
  };
}

const solvedOf = <R extends Rate>({ successes, ...rest }: R) => ({ ...rest, solved: successes });

/** Ids; labels come last where the plan does not name them. */
const evaluatorsIn = (plan: Plan, labels: Labels | null): readonly string[] => {
  const ids = plan.evaluators.map(({ id }) => id);
  return labels && !ids.includes(person.id) ? [...ids, person.id] : ids;
};

/** How an adaptive attack saw the defended model. */
function sightOf(trials: readonly TrialDigest[]): Pick<Cell, 'tier' | 'sights'> {
  const { tier = null, sights } = trials.find((trial) => trial.tier) ?? {};
  return { tier, ...(sights && { sights }) };
}

function endedIn(trials: readonly TrialDigest[]): Pick<Cell, 'endedByBudget'> {
  const endedByBudget = trials.filter(({ endedBy }) => endedBy === 'budget').length;
  return endedByBudget === 0 ? {} : { endedByBudget };
}

/** By model under attack; `undefined` where none says. */
function precisionsOf(digests: readonly TrialDigest[]): RunSummary['precisions'] {
  const sums = new Map<string, Usage>();
  for (const { model, usage } of digests) sums.set(model, addUsage(sums.get(model) ?? noUsage, usage));
  const known = [...sums].flatMap(([model, { precisions }]) =>
    precisions ? [[model, precisions] as const] : [],
  );
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
