/** @file The time a run has left, estimated from its finished trials. Pure. */
import type { BehaviorKind } from '../../core/behavior.ts';
import type { PlanOutline } from '../../lab/plan/outline.ts';
import { defenseNames, directRequest } from '../../lab/plan/plan.ts';
import type { CellPace } from '../../lab/records/overview.ts';

/** Mean time to answer and score a trial, ms; `null` without one. */
function answerPace(cells: readonly CellPace[]): number | null {
  const trials = cells.reduce((sum, cell) => sum + cell.trials, 0);
  return trials === 0 ? null : cells.reduce((sum, { answerMs }) => sum + answerMs, 0) / trials;
}

/**
 * An attack runs once per behavior and is replayed against every defense, so what is left to make and what is left to
 * answer are counted apart.
 * @param planned behaviors of each kind in the plan
 * @returns milliseconds, or `null` while an attack that is still to be made has never been timed
 */
export function timeLeft(
  plan: PlanOutline,
  planned: Readonly<Record<BehaviorKind, number>>,
  paces: readonly CellPace[],
): number | null {
  const benign = planned['benign-lookalike'] + planned.benign;
  const usual = answerPace(paces) ?? 0;
  const behind = new Map(
    defenseNames(plan).map((name) => [
      name,
      answerPace(paces.filter(({ defense }) => defense === name)) ?? usual,
    ]),
  );
  let left = 0;
  for (const model of plan.models.targets) {
    for (const { id: attack } of plan.attacks) {
      const behaviors = planned.harmful + (attack === directRequest ? benign : 0);
      const cells = paces.filter((cell) => cell.model === model && cell.attack === attack);
      const attacked = Math.max(0, ...cells.map(({ trials }) => trials));
      // Only the trial for which an attack was made holds its time; replays hold 0.
      const spent = cells.reduce((sum, { attackMs }) => sum + attackMs, 0);
      if (attacked < behaviors) {
        if (attacked === 0) return null;
        left += (behaviors - attacked) * (spent / attacked);
      }
      for (const [name, pace] of behind) {
        const answered = cells.find(({ defense }) => defense === name)?.trials ?? 0;
        left += Math.max(0, behaviors - answered) * pace;
      }
    }
  }
  return left;
}
