/** @file A plan as pages show it: of the behaviors that it brings, which may be thousands, only how many there are. */
import type { BehaviorKind } from '../../core/behavior.ts';
import type { Plan } from './plan.ts';

export type BehaviorCounts = Readonly<Record<BehaviorKind, number>>;

type BehaviorSource = Plan['behaviors'][number];

/** Every plan is an outline of itself. */
export interface PlanOutline extends Omit<Plan, 'behaviors' | 'sets'> {
  readonly behaviors: readonly (BehaviorSource | { readonly counts: BehaviorCounts })[];
}

export const outlineOf = ({ sets = [], ...plan }: Plan): PlanOutline => ({
  ...plan,
  behaviors: plan.behaviors.map((source) => {
    if ('behaviors' in source) return { counts: countsIn(source.behaviors) };
    const carried = sets.find(({ id }) => id === source.set);
    return carried ? { counts: takenFrom(countsIn(carried.behaviors), source) } : source;
  }),
});

/** How many of each kind a source takes from a set that holds as many. */
export function takenFrom(
  held: Readonly<Partial<Record<BehaviorKind, number>>>,
  { kinds, limit = Infinity }: Pick<Extract<BehaviorSource, { readonly set: string }>, 'kinds' | 'limit'>,
): BehaviorCounts {
  const taken = (kind: BehaviorKind) =>
    (kinds?.includes(kind) ?? true) ? Math.min(limit, held[kind] ?? 0) : 0;
  return {
    harmful: taken('harmful'),
    'benign-lookalike': taken('benign-lookalike'),
    benign: taken('benign'),
  };
}

export function countsIn(behaviors: readonly { readonly kind: BehaviorKind }[]): BehaviorCounts {
  const counts = { harmful: 0, 'benign-lookalike': 0, benign: 0 };
  for (const { kind } of behaviors) counts[kind]++;
  return counts;
}
