/** @file A plan as pages show it: of the behaviors that it spells out, which may be thousands, only how many there are. */
import type { BehaviorKind } from '../../core/behavior.ts';
import type { Plan } from './plan.ts';

export type BehaviorCounts = Readonly<Record<BehaviorKind, number>>;

type BehaviorSource = Plan['behaviors'][number];

/** Every plan is an outline of itself. */
export interface PlanOutline extends Omit<Plan, 'behaviors'> {
  readonly behaviors: readonly (BehaviorSource | { readonly counts: BehaviorCounts })[];
}

export const outlineOf = (plan: Plan): PlanOutline => ({
  ...plan,
  behaviors: plan.behaviors.map((source) =>
    'behaviors' in source ? { counts: countsIn(source.behaviors) } : source,
  ),
});

export function countsIn(behaviors: readonly { readonly kind: BehaviorKind }[]): BehaviorCounts {
  const counts = { harmful: 0, 'benign-lookalike': 0, benign: 0 };
  for (const { kind } of behaviors) counts[kind]++;
  return counts;
}
