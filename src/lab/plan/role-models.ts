/** @file Which models can play which parts, and which parts a set of methods calls for. */
import { LabError } from '../../core/errors.ts';
import { classifierRoles, rolesNeeded, type MethodCard, type ModelRole } from '../../core/method.ts';
import type { ModelEntry, ModelTask } from '../../models/catalog.ts';
import { findModel } from '../run/model-pool.ts';
import type { Plan } from './plan.ts';

export type RoleEntries = Readonly<Partial<Record<ModelRole, ModelEntry>>>;
/** A role, or the model under attack. */
export type Part = 'target' | ModelRole;

/** What a model must do with text to play a part. */
export const taskOf = (part: Part): ModelTask =>
  classifierRoles.some((role) => role === part) ? 'text-classification' : 'text-generation';

/** The models among which one chooses for a part. */
export const candidatesFor = (part: Part, models: readonly ModelEntry[]): readonly ModelEntry[] =>
  models.filter(({ task }) => task === taskOf(part));

const kinds = {
  'text-generation': { name: 'a language model', does: 'writes text' },
  'text-classification': { name: 'a text classifier', does: 'sorts texts into classes' },
} as const;

/** @throws LabError 'unknown-model', or 'bad-plan' for a model that does not do what the part asks of it */
export function findPlayer(part: Part, id: string, models: readonly ModelEntry[]): ModelEntry {
  const task = taskOf(part);
  const entry = findModel(models, id, task);
  if (entry.task === task) return entry;
  const place = part === 'target' ? 'The model under attack' : `The role ${part}`;
  const known = candidatesFor(part, models).map((candidate) => candidate.id);
  throw new LabError('bad-plan', `${place} asks for ${kinds[task].name}; ${id} ${kinds[entry.task].does}.`, {
    advice: `Name ${kinds[task].name}${known.length > 0 ? `, such as ${known.slice(0, 3).join(', ')}` : ''}.`,
  });
}

/** @throws as `findPlayer` */
export const findRoles = (roles: Plan['models']['roles'], models: readonly ModelEntry[]): RoleEntries =>
  Object.fromEntries(
    Object.entries(roles).map(([role, id]) => [role, findPlayer(role as ModelRole, id, models)]),
  );

interface WithOptions {
  readonly method: MethodCard;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Of `roles`, those that some of the methods call for: nobody else's model has to be loaded. */
export function rolesInPlay(roles: RoleEntries, chosen: readonly WithOptions[]): RoleEntries {
  const needed = new Set<string>(chosen.flatMap(({ method, options }) => rolesNeeded(method, options)));
  return Object.fromEntries(Object.entries(roles).filter(([role]) => needed.has(role)));
}
