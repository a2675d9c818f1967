/** @file Compares two runs, paired by behavior: what changed, on which behaviors, and whether chance explains it. */
import { LabError } from '../../core/errors.ts';
import { groupedBy } from '../../core/groups.ts';
import { rateOf, type Rate } from '../../core/statistics.ts';
import { attackModes, modeOf, type AttackMode } from '../plan/attack-mode.ts';
import { defenseNames, directRequest, type Plan } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { RunContents } from '../records/run.ts';
import { adjustedPs, comparisonOf, pairsOf, type Adjusted } from './pairs.ts';
import { planDifferences } from './plan-differences.ts';
import { outcomeOf, successEvaluators, type ScoringEvaluator } from './verdicts.ts';

/** Its p is adjusted for all rates that are compared. */
export interface ComparedRate extends Adjusted {
  readonly defense: string;
  readonly evaluator: string;
  readonly first: Rate;
  readonly second: Rate;
  /** Behaviors that both runs decided; the fields below are over these. */
  readonly paired: number;
  /** Share of yes in the second run minus that in the first; `null` without a pair. */
  readonly difference: number | null;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** McNemar's exact test, two-sided; `null` without a pair. */
  readonly p: number | null;
  /** Behaviors that came out differently, in the order of the first run. */
  readonly flipped: readonly {
    readonly behavior: string;
    readonly first: boolean;
    readonly second: boolean;
  }[];
}
export interface ComparedCell extends ComparedRate {
  readonly attack: string;
  /** Runs are compared mode by mode. */
  readonly mode: AttackMode;
}
/** One model of the first run and the model of the second run that it is compared with. */
export interface ComparedModel {
  readonly first: string;
  readonly second: string;
  readonly cells: readonly ComparedCell[];
  readonly overRefusal: readonly ComparedRate[];
  readonly utility: readonly ComparedRate[];
}
export interface Comparison {
  /** What else differs between the runs, as sentences. */
  readonly differences: readonly string[];
  readonly models: readonly ComparedModel[];
}

/**
 * Compare everything that both runs measured. Models are paired by name; if each run has one model, these are paired.
 * @param evaluators cards of the plans' evaluators
 * @throws LabError 'bad-input' when there is nothing in common
 */
export function compareRuns(
  first: RunContents,
  second: RunContents,
  evaluators: readonly ScoringEvaluator[],
): Comparison {
  const cards = first.plan.evaluators.flatMap((choice) => {
    const same = second.plan.evaluators.some((other) => JSON.stringify(other) === JSON.stringify(choice));
    return same ? evaluators.filter(({ id }) => id === choice.id) : [];
  });
  if (cards.length === 0) throw apart('The runs share no evaluator with the same options.');
  const models = modelPairs(first.plan, second.plan).map(([one, other]) =>
    compareModels(
      first.digests.filter(({ model }) => model === one),
      second.digests.filter(({ model }) => model === other),
      {
        first: one,
        second: other,
        cards,
        defenses: shared(defenseNames(first.plan), defenseNames(second.plan)),
      },
      shared(attackIds(first.plan), attackIds(second.plan)),
    ),
  );
  const rates = models.flatMap(({ cells, overRefusal, utility }) => [...cells, ...overRefusal, ...utility]);
  const adjusted = adjustedPs(rates.map(({ p }) => p));
  const withAdjusted = <R extends ComparedRate>(compared: readonly R[]): readonly R[] =>
    compared.map((rate) => ({ ...rate, ...adjusted[rates.indexOf(rate)]! }));
  if (rates.length === 0) throw apart('The runs share no model, attack and defense that both measured.');
  return {
    differences: planDifferences(first, second),
    models: models.map((model) => ({
      ...model,
      cells: withAdjusted(model.cells),
      overRefusal: withAdjusted(model.overRefusal),
      utility: withAdjusted(model.utility),
    })),
  };
}

interface Shared {
  readonly first: string;
  readonly second: string;
  readonly cards: readonly ScoringEvaluator[];
  readonly defenses: readonly string[];
}

function compareModels(
  before: readonly TrialDigest[],
  after: readonly TrialDigest[],
  { first, second, cards, defenses }: Shared,
  attacks: readonly string[],
): ComparedModel {
  const nameOf = (defense: string, attack: string, kind: TrialDigest['kind'], mode: AttackMode) =>
    JSON.stringify([defense, attack, kind, mode]);
  const cellOf = (trial: TrialDigest) => nameOf(trial.defense, trial.attack, trial.kind, modeOf(trial));
  const [cellsBefore, cellsAfter] = [groupedBy(before, cellOf), groupedBy(after, cellOf)];
  const compare = (
    card: ScoringEvaluator,
    defense: string,
    attack: string,
    kind: TrialDigest['kind'],
    mode: AttackMode = 'static',
  ): readonly ComparedRate[] => {
    const cell = nameOf(defense, attack, kind, mode);
    const [old, now] = [cellsBefore.get(cell) ?? [], cellsAfter.get(cell) ?? []];
    if (old.length === 0 || now.length === 0) return [];
    return [{ defense, evaluator: card.id, ...comparedRate(card, old, now) }];
  };
  const benign = (card: ScoringEvaluator | undefined, kind: 'benign' | 'benign-lookalike') =>
    card ? defenses.flatMap((defense) => compare(card, defense, directRequest, kind)) : [];
  return {
    first,
    second,
    cells: successEvaluators(cards).flatMap((card) =>
      defenses.flatMap((defense) =>
        attacks.flatMap((attack) =>
          attackModes.flatMap((mode) =>
            compare(card, defense, attack, 'harmful', mode).map((rate) => ({ attack, mode, ...rate })),
          ),
        ),
      ),
    ),
    overRefusal: benign(
      cards.find(({ measures }) => measures === 'refusal' || measures === 'over-refusal'),
      'benign-lookalike',
    ),
    utility: benign(
      cards.find(({ measures }) => measures === 'utility'),
      'benign',
    ),
  };
}

function comparedRate(
  card: ScoringEvaluator,
  before: readonly TrialDigest[],
  after: readonly TrialDigest[],
): Omit<ComparedRate, 'defense' | 'evaluator'> {
  const outcome = (trial: TrialDigest) => outcomeOf(card, trial);
  const pairs = pairsOf(card, before, after);
  const flipped = pairs.filter((pair) => pair.first !== pair.second);
  const compared = comparisonOf(pairs);
  const { paired, onlyFirst, onlySecond } = compared;
  return {
    first: rateOf(before.map(outcome)),
    second: rateOf(after.map(outcome)),
    ...compared,
    difference: paired === 0 ? null : (onlySecond - onlyFirst) / paired,
    ...{ adjusted: null, together: 0 },
    flipped,
  };
}

function modelPairs(first: Plan, second: Plan): readonly (readonly [string, string])[] {
  const [before, after] = [first.models.targets, second.models.targets];
  const [one, other] = [before[0]!, after[0]!];
  if (before.length === 1 && after.length === 1) return [[one, other]];
  return shared(before, after).map((id) => [id, id]);
}

const attackIds = ({ attacks }: Plan): readonly string[] => attacks.map(({ id }) => id);
const shared = (first: readonly string[], second: readonly string[]): readonly string[] =>
  first.filter((name) => second.includes(name));

const apart = (message: string) =>
  new LabError('bad-input', message, { advice: 'Compare runs of plans that measure the same things.' });
