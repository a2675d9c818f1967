/** @file Which models can play which parts, and which parts a set of methods calls for. */
import { LabError } from '../../core/errors.ts';
import { classifierRoles, rolesNeeded, type MethodCard, type ModelRole } from '../../core/method.ts';
import type { ModelEntry, ModelTask } from '../../models/catalog.ts';
import { type Plan } from './plan.ts';

export type RoleEntries = Readonly<Partial<Record<ModelRole, ModelEntry>>>;

/** A role, or the model under attack. */
export type TargetOrRole = 'target' | ModelRole;

/** What a model must do with text to play a part. */
export const taskOf = (part: TargetOrRole): ModelTask =>
  classifierRoles.some((role) => role === part) ? 'text-classification' : 'text-generation';

/** The models among which one chooses for a part. */
export const candidatesFor = (part: TargetOrRole, models: readonly ModelEntry[]): readonly ModelEntry[] =>
  models.filter(({ task }) => task === taskOf(part));

const kinds = {
  'text-generation': { name: 'a language model', does: 'writes text' },
  'text-classification': { name: 'a text classifier', does: 'sorts texts into classes' },
} as const;

/** @throws LabError 'unknown-model', or 'bad-plan' for a model that does not do what the part asks of it */
export function findRoleModel(part: TargetOrRole, id: string, models: readonly ModelEntry[]): ModelEntry {
  const task = taskOf(part);
  const entry = findModel(models, id, task);
  if (entry.task === task) return entry;
  const place = part === 'target' ? 'The model under attack' : `The role ${part}`;
  const known = candidatesFor(part, models).map((candidate) => candidate.id);
  throw new LabError('bad-plan', `${place} asks for ${kinds[task].name}; ${id} ${kinds[entry.task].does}.`, {
    advice: `Name ${kinds[task].name}${known.length > 0 ? `, such as ${known.slice(0, 3).join(', ')}` : ''}.`,
  });
}

/** @throws as `findRoleModel` */
export const findRoles = (roles: Plan['models']['roles'], models: readonly ModelEntry[]): RoleEntries =>
  Object.fromEntries(
    Object.entries(roles).map(([role, id]) => [role, findRoleModel(role as ModelRole, id, models)]),
  );

interface WithOptions {
  readonly method: MethodCard;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Of `roles`, those that some of the methods call for: nobody else's model has to be loaded. */
export function rolesUsed(roles: RoleEntries, chosen: readonly WithOptions[]): RoleEntries {
  const needed = new Set<string>(chosen.flatMap(({ method, options }) => rolesNeeded(method, options)));
  return Object.fromEntries(Object.entries(roles).filter(([role]) => needed.has(role)));
}

/**
 * The catalogue's entry for `id`; else `org/name` is a model of the hub, and a web address a model folder.
 * @param task what a model that is not in the catalogue is taken to do
 * @throws LabError 'unknown-model'
 */
export function findModel(
  models: readonly ModelEntry[],
  id: string,
  task: ModelTask = 'text-generation',
): ModelEntry {
  const known = models.find((entry) => entry.id === id);
  if (known) return known;
  if (/^https?:\/\//.test(id))
    return outside(id, task, { kind: 'url', base: id.endsWith('/') ? id : `${id}/` });
  if (/^[\w.-]+\/[\w.-]+$/.test(id)) return outside(id, task, { kind: 'hub', repo: id, revision: 'main' });
  throw new LabError('unknown-model', `There is no model "${id}".`, {
    advice: `Known: ${models.map((entry) => entry.id).join(', ')}. A hub model is named org/name.`,
  });
}

const outside = (id: string, task: ModelTask, source: ModelEntry['source']): ModelEntry => ({
  id,
  title: id,
  summary: 'Named by its address; what it can do is known once it is loaded.',
  source,
  task,
  ...(task === 'text-generation'
    ? { runtimes: ['transformers', 'whitebox'], access: 'white-box' }
    : { runtimes: ['transformers'], access: 'black-box' }),
  bytes: null,
  license: 'unknown',
  needs: { webgpu: false, f16: false },
});
