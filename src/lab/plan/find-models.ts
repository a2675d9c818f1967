/** @file Finds models by id, and says which models can fill which roles and which roles a set of methods needs. */
import { LabError } from '../../core/errors.ts';
import { excerpt } from '../../core/excerpt.ts';
import {
  classifierRoles,
  rolesNeeded,
  rolesTaken,
  type MethodCard,
  type ModelRole,
} from '../../core/method.ts';
import { adaptedEntry, readAdaptedId } from '../../models/adapted-entry.ts';
import type { ModelEntry, ModelTask } from '../../models/catalog.ts';
import { knownAdapter, knownAdapters } from '../../models/catalogue/known-adapters.ts';
import { readEndpointId } from '../../models/endpoint.ts';
import { readHubName } from '../../models/hub/name.ts';
import { importedFolder, isImportedId } from '../../models/imported-id.ts';
import { type Plan } from './plan.ts';

export type RoleEntries = Readonly<Partial<Record<ModelRole, ModelEntry>>>;

/** The models that can be found by their ids alone. */
export interface KnownEntries {
  /** Those to choose from. */
  readonly models: readonly ModelEntry[];
  /** Models of a hub that the catalogue knows, which load when they are named. */
  readonly hub: readonly ModelEntry[];
}

/** A role, or the model under attack. */
export type TargetOrRole = 'target' | ModelRole;

/** What a model must do with text to be the target or to fill a role. */
export const taskOf = (role: TargetOrRole): ModelTask =>
  classifierRoles.some((name) => name === role) ? 'text-classification' : 'text-generation';

/** The models to choose from. */
export const candidatesFor = (role: TargetOrRole, models: readonly ModelEntry[]): readonly ModelEntry[] =>
  models.filter(({ task }) => task === taskOf(role));

const kinds = {
  'text-generation': { name: 'a language model', does: 'writes text' },
  'text-classification': { name: 'a text classifier', does: 'sorts texts into classes' },
} as const;

/** @throws LabError 'unknown-model', or 'bad-plan' for a model of the wrong task */
export function findRoleModel(role: TargetOrRole, id: string, known: KnownEntries): ModelEntry {
  const task = taskOf(role);
  const entry = findModel(known, id, task);
  if (entry.task === task) return entry;
  const place = role === 'target' ? 'The model under attack' : `The role ${role}`;
  const candidates = candidatesFor(role, known.models).map((candidate) => candidate.id);
  throw new LabError('bad-plan', `${place} asks for ${kinds[task].name}; ${id} ${kinds[entry.task].does}.`, {
    advice: `Name ${kinds[task].name}${candidates.length > 0 ? `, such as ${candidates.slice(0, 3).join(', ')}` : ''}.`,
  });
}

/** @throws as `findRoleModel` */
export const findRoles = (roles: Plan['models']['roles'], known: KnownEntries): RoleEntries =>
  Object.fromEntries(
    Object.entries(roles).map(([role, id]) => [role, findRoleModel(role as ModelRole, id, known)]),
  );

interface WithOptions {
  readonly method: MethodCard;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The roles that some of the methods need or take: no other model has to be loaded. */
export function rolesUsed(roles: RoleEntries, chosen: readonly WithOptions[]): RoleEntries {
  const used = new Set<string>(
    chosen.flatMap(({ method, options }) => [
      ...rolesNeeded(method, options),
      ...rolesTaken(method, options),
    ]),
  );
  return Object.fromEntries(Object.entries(roles).filter(([role]) => used.has(role)));
}

/**
 * The entry for `id` among those that are known; a stored model that came from a hub has its repository as a second
 * id. Any other `org/name` is a hub model
 * of which nothing is known, a web address a model folder, `name@hash` a model that the command line imported,
 * `model+adapter` one of these with an adapter, and
 * `endpoint:name` a model behind a server.
 * @param task what a model that is not in the catalogue is taken to do
 * @throws LabError 'unknown-model'
 */
export function findModel(
  { models, hub }: KnownEntries,
  id: string,
  task: ModelTask = 'text-generation',
): ModelEntry {
  const listed = models.find((entry) => entry.id === id);
  if (listed) return listed;
  const stored = models.find(({ source }) => source.kind === 'stored' && source.repository === id);
  if (stored) return { ...stored, id };
  const known = hub.find((entry) => entry.id === id);
  if (known) return known;
  if (task === 'text-generation' && readEndpointId(id)) return behindEndpoint(id);
  if (/^https?:\/\//.test(id))
    return outside(id, task, { kind: 'url', base: id.endsWith('/') ? id : `${id}/` });
  if (isImportedId(id)) return outside(id, task, { kind: 'url', base: importedFolder(id) });
  const adapted = readAdaptedId(id);
  if (adapted) return withAdapter(findModel({ models, hub }, adapted.base, task), adapted.adapter);
  const name = readHubName(id);
  if (name) {
    const { repo, file } = name;
    return outside(id, task, { kind: 'hub', repo, revision: 'main', ...(file !== null && { file }) });
  }
  throw new LabError('unknown-model', `There is no model "${excerpt(id)}".`, {
    advice: `Known: ${models.map((entry) => entry.id).join(', ')}. A hub model is named org/name, or org/name:file.gguf.`,
  });
}

const outside = (id: string, task: ModelTask, source: ModelEntry['source']): ModelEntry => ({
  id,
  title: id,
  summary: 'A model from outside the catalogue. What it can do is known once it is loaded.',
  source,
  task,
  ...(task === 'text-generation'
    ? { runtimes: ['transformers', 'whitebox'], access: 'white-box' }
    : { runtimes: ['transformers'], access: 'black-box' }),
  bytes: null,
  license: 'unknown',
  needs: { webgpu: false, f16: false },
});

/** @param adapter id of one that ships with the lab, or that the command line imported */
function withAdapter(base: ModelEntry, adapter: string): ModelEntry {
  const known = knownAdapter(adapter);
  if (known) return adaptedEntry(base, known);
  if (isImportedId(adapter))
    return adaptedEntry(base, {
      id: adapter,
      title: adapter,
      summary: `${base.title} with an adapter.`,
      bytes: null,
      license: 'unknown',
      source: { kind: 'url', base: importedFolder(adapter) },
    });
  throw new LabError('unknown-model', `There is no adapter "${excerpt(adapter)}".`, {
    advice: `Known: ${knownAdapters.map(({ id }) => id).join(', ')}. Import others on the page Models.`,
  });
}

const behindEndpoint = (id: string): ModelEntry => ({
  id,
  title: id,
  summary: 'A model behind an OpenAI-compatible server.',
  source: { kind: 'endpoint' },
  task: 'text-generation',
  runtimes: ['endpoint'],
  access: 'black-box',
  bytes: null,
  license: 'unknown',
  needs: { webgpu: false, f16: false },
});

/** True for the models that ship whole: they know Tinytown and nothing else. */
export const knowsTinytown = ({ source, adapter }: Pick<ModelEntry, 'source' | 'adapter'>): boolean =>
  source.kind === 'bundled' && adapter === undefined;
