/** @file The behavior sets that a plan names: those of the lab, and those that it brings along. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import { registry } from '../../core/method.ts';
import type { BehaviorSet } from '../../data/behavior-set.ts';
import { importedSet } from '../../data/import/imported-set.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registries } from './registries.ts';

/** The registries with further sets, which stand in for those of the same name. */
export function withSets(registries: Registries, more: readonly BehaviorSet[]): Registries {
  if (more.length === 0) return registries;
  const ids = new Set(more.map(({ id }) => id));
  const others = registries.sets.all.filter(({ id }) => !ids.has(id));
  return { ...registries, sets: registry('behavior set', [...others, ...more]) };
}

/** @throws LabError 'bad-plan' where two behaviors, or two sets, share an id */
export function withCarriedSets(registries: Registries, { sets = [] }: Pick<Plan, 'sets'>): Registries {
  for (const [i, { id, behaviors }] of sets.entries()) {
    const own = sets.findIndex((other) => other.id === id) === i;
    if (!own || new Set(behaviors.map((row) => row.id)).size < behaviors.length)
      throw new LabError('bad-plan', `sets.${i}: an id is not unique in "${excerpt(id)}".`, {
        advice: 'Give every set, and every behavior of a set, an id of its own.',
      });
  }
  return withSets(
    registries,
    sets.map(({ id, title = id, behaviors }) => importedSet(id, title, behaviors)),
  );
}

/** What a plan says of a set. */
export interface NamedSet {
  readonly set: string;
  readonly sha256?: string | undefined;
}

/** @throws LabError 'bad-plan' that says what to do where the set is not here, or is another one */
export function setNamed({ set: id, sha256 }: NamedSet, sets: Registries['sets']): BehaviorSet {
  if (!sets.has(id))
    throw new LabError('bad-plan', `The behavior set "${excerpt(id)}" is not here.`, {
      advice: `Import its file on the page Behaviors, or give the file with --behaviors on the command line. Sets that are here: ${sets.all.map((set) => set.id).join(', ')}.`,
    });
  const set = sets.get(id);
  if (sha256 === undefined || sha256 === set.sha256) return set;
  const found = set.sha256 === undefined ? 'one that ships with the lab' : `${set.sha256.slice(0, 12)}…`;
  throw new LabError(
    'bad-plan',
    `The behavior set "${excerpt(id)}" here is not the plan's: it is ${found}, not ${sha256.slice(0, 12)}….`,
    {
      advice: 'Import the file that the plan was made with, or choose the set again to take it as it is now.',
    },
  );
}

export const namedSets = ({ behaviors }: Pick<Plan, 'behaviors'>): readonly NamedSet[] =>
  behaviors.flatMap((source) => ('set' in source ? [source] : []));
