/** @file Success of attacks against what they spent. */
import { isAdaptive, modeOf } from '../plan/attack-mode.ts';
import { undefended } from '../plan/plan.ts';
import type { TrialDigest } from '../records/digest.ts';
import type { BudgetCurve, BudgetPoint } from '../records/measurements.ts';
import type { Cell } from '../records/summary.ts';
import { forwardPasses } from '../records/usage.ts';
import { outcomeOf, type ScoringEvaluator } from './verdicts.ts';

/**
 * How many attacks had succeeded by what each spent in all. A search that ends at its success spent that much on it; one
 * that goes on to its budget stands where it ended. `null` for results of attacks that were made elsewhere.
 */
export function budgetCurve(
  card: ScoringEvaluator,
  cell: Pick<Cell, 'model' | 'attack' | 'defense' | 'mode'>,
  trials: readonly TrialDigest[],
): BudgetCurve | null {
  if (cell.defense !== undefended && !isAdaptive(cell)) return null;
  const { model, attack, defense } = cell;
  const won = trials.filter((trial) => outcomeOf(card, trial) === true);
  const tokens = won.map((trial) => trial.tokens);
  return {
    ...{ model, attack, defense, mode: modeOf(cell), evaluator: card.id, asked: trials.length },
    passes: pointsOf(won.map(({ usage }) => forwardPasses(usage))),
    tokens: tokens.every((spent) => spent !== null) ? pointsOf(tokens) : null,
  };
}

/** One point for each amount at which some success stands, the cheapest first. */
function pointsOf(spent: readonly number[]): readonly BudgetPoint[] {
  const sorted = spent.toSorted((a, b) => a - b);
  return sorted.flatMap((amount, i) =>
    sorted[i + 1] === amount ? [] : [{ spent: amount, successes: i + 1 }],
  );
}
