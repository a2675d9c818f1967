/** @file The time a run has left, estimated from its finished trials. Pure. */
import { groupedBy } from '../../core/groups.ts';
import type { BehaviorKind } from '../../core/behavior.ts';
import { defenseNames, directRequest, type Plan } from '../../lab/plan/plan.ts';
import type { TrialRecord } from '../../lab/records/trial.ts';

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const answerMs = ({ times }: TrialRecord): number => times.answerMs + times.scoreMs;

/**
 * An attack runs once per behavior and is replayed against every defense, so what is left to make and what is left to
 * answer are counted apart.
 * @param planned behaviors of each kind in the plan
 * @returns milliseconds, or `null` while an attack that is still to be made has never been timed
 */
export function timeLeft(
  plan: Plan,
  planned: Readonly<Record<BehaviorKind, number>>,
  records: readonly TrialRecord[],
): number | null {
  const benign = planned['benign-lookalike'] + planned.benign;
  const paces = new Map(
    [...groupedBy(records, ({ defense }) => defense)].map(([defense, behindIt]) => [
      defense,
      mean(behindIt.map(answerMs)),
    ]),
  );
  const usual = mean(records.map(answerMs)) ?? 0;
  const attacks = groupedBy(records, ({ model, attack }) => `${model} ${attack}`);
  let left = 0;
  for (const model of plan.models.targets) {
    for (const { id: attack } of plan.attacks) {
      const behaviors = planned.harmful + (attack === directRequest ? benign : 0);
      const done = attacks.get(`${model} ${attack}`) ?? [];
      const finished = new Set(done.map(({ behavior }) => behavior)).size;
      // Only the trial for which an attack was made holds its time; replays hold 0.
      const spent = done.reduce((sum, { times }) => sum + times.attackMs, 0);
      if (finished < behaviors) {
        if (finished === 0) return null;
        left += (behaviors - finished) * (spent / finished);
      }
      const answered = groupedBy(done, ({ defense }) => defense);
      for (const defense of defenseNames(plan)) {
        const count = answered.get(defense)?.length ?? 0;
        left += Math.max(0, behaviors - count) * (paces.get(defense) ?? usual);
      }
    }
  }
  return left;
}
