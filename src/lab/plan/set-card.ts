/** @file What a behavior set holds, in numbers, and which evaluators can grade it. */
import { gradedFields, type Behavior, type GradedField } from '../../core/behavior.ts';
import type { Plan } from './plan.ts';

export interface BehaviorSetCard {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly counts: Readonly<Partial<Record<Behavior['kind'], number>>>;
  /** How many behaviors bring what some evaluators grade by. */
  readonly brings: Readonly<Partial<Record<GradedField, number>>>;
  /** Of an imported set: names its content. */
  readonly sha256?: string;
}

interface Grader {
  readonly gradesBy?: GradedField | undefined;
}

type Held = readonly Pick<Behavior, 'kind' | GradedField>[];

/** @param behaviors of the set */
export function contentOf(behaviors: Held): Pick<BehaviorSetCard, 'counts' | 'brings'> {
  const counts: Partial<Record<Behavior['kind'], number>> = {};
  const brings: Partial<Record<GradedField, number>> = {};
  for (const behavior of behaviors) {
    counts[behavior.kind] = (counts[behavior.kind] ?? 0) + 1;
    for (const field of gradedFields)
      if (behavior[field] !== undefined) brings[field] = (brings[field] ?? 0) + 1;
  }
  return { counts, brings };
}

/** Cards of the sets that a plan brings along. */
export const carriedCards = ({ sets = [] }: Pick<Plan, 'sets'>): readonly BehaviorSetCard[] =>
  sets.map(({ id, title = id, behaviors }) => ({
    id,
    title,
    summary: 'It comes with the plan.',
    ...contentOf(behaviors),
  }));

/** True if an evaluator finds in `behavior` what it grades by. */
export const canGrade = ({ gradesBy }: Grader, behavior: Partial<Behavior>): boolean =>
  gradesBy === undefined || behavior[gradesBy] !== undefined;

/** How a behavior's fields are called where an evaluator cannot do without one. */
const fieldWords: Readonly<Record<GradedField, string>> = {
  target: 'target strings',
  secret: /* @wc-include */ 'secrets',
  reference: 'true steps',
};

/**
 * Why an evaluator can grade nothing that a plan tests, or `null` where it can, or where that is not known.
 * @param sets that are here, and that the plan brings along
 */
export function gradingObstacle(
  { gradesBy }: Grader,
  sources: Plan['behaviors'],
  sets: readonly BehaviorSetCard[],
): string | null {
  if (gradesBy === undefined) return null;
  const brings = (source: Plan['behaviors'][number]) =>
    'set' in source
      ? (sets.find(({ id }) => id === source.set)?.brings ?? { [gradesBy]: 1 })
      : contentOf(source.behaviors).brings;
  return sources.length === 0 || sources.some((source) => brings(source)[gradesBy])
    ? null
    : `It grades by ${fieldWords[gradesBy]}, and the chosen behaviors bring none.`;
}
