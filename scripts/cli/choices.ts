/** @file Reads methods, options, behaviors and roles as they are written on the command line. */
import type { Behavior } from '../../src/core/behavior.ts';
import { rolesNeeded, type ModelRole } from '../../src/core/method.ts';
import type { Option, OptionsSpec } from '../../src/core/options.ts';
import type { MethodChoice } from '../../src/lab/plan/plan.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { findRoleModel, findRoles } from '../../src/lab/plan/role-models.ts';
import { checkAccess, chooseMethod } from '../../src/lab/trials/resolve.ts';
import { defaultRoles } from '../../src/models/catalog.ts';
import { badUsage } from './failure.ts';

/** Split `key=value`. */
function pair(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw badUsage(`"${text}" is not of the form key=value.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function valueFor(option: Option | undefined, value: string): unknown {
  if (option?.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  if (option?.type === 'integer' || option?.type === 'number')
    return value.trim() === '' ? value : Number(value);
  return value;
}

/** Options written `key=value`, typed as the method declares them; whether they are valid is checked later. */
export const readOptions = (spec: OptionsSpec, written: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(written.map(pair).map(([key, value]) => [key, valueFor(spec[key], value)]));

/** A defense written `id` or `id:key=value,key=value`. */
export function readDefense(written: string): MethodChoice {
  const [id = '', options = ''] = written.split(/:(.*)/s);
  const { options: spec } = registries.defenses.get(id);
  return { id, options: readOptions(spec, options === '' ? [] : options.split(',')) };
}

export function findBehavior(id: string): Behavior {
  const all = registries.sets.all.flatMap(({ behaviors }) => behaviors);
  const found = all.find((behavior) => behavior.id === id);
  if (found) return found;
  const some = all.filter(({ kind }) => kind === 'harmful').slice(0, 5);
  throw badUsage(
    `There is no behavior "${id}".`,
    `For example: ${some.map((behavior) => behavior.id).join(', ')}. "list sets" names the sets.`,
  );
}

/** Words of one's own as a behavior, as the studio names it, so that both make the same draws. */
export const ownBehavior = (prompt: string, target: string | undefined): Behavior => ({
  id: 'own-request',
  prompt,
  ...(target !== undefined && { target }),
  category: 'own',
  set: 'own',
  kind: 'harmful',
});

export interface Request {
  readonly model: string;
  readonly attack?: MethodChoice;
  readonly defenses: readonly MethodChoice[];
  readonly evaluators: readonly MethodChoice[];
}

/**
 * The roles that the methods of a request need, filled as on the command line, else as usual.
 * Checks the whole request on the way, so that nothing is started for a bad one.
 */
export function rolesFor(request: Request, written: readonly string[]): Partial<Record<ModelRole, string>> {
  const known: Readonly<Record<string, string>> = {
    ...defaultRoles,
    ...Object.fromEntries(written.map(pair)),
  };
  const target = findRoleModel('target', request.model, registries.models);
  const filled = Object.keys(known);
  const attacks = (request.attack ? [request.attack] : []).map((choice) =>
    chooseMethod(registries.attacks, choice, filled),
  );
  const defenses = request.defenses.map((choice) => chooseMethod(registries.defenses, choice, filled));
  const evaluators = request.evaluators.map((choice) => chooseMethod(registries.evaluators, choice, filled));
  for (const { method } of [...attacks, ...defenses]) checkAccess(method, target);
  const needed = new Set(
    [...attacks, ...defenses, ...evaluators].flatMap(({ method, options }) => rolesNeeded(method, options)),
  );
  const roles = Object.fromEntries([...needed].map((role) => [role, known[role]!]));
  findRoles(roles, registries.models);
  return roles;
}

/** Every evaluator that consults no model: rules cost nothing. */
export const ruleEvaluators = (): MethodChoice[] =>
  registries.evaluators.all.filter((card) => rolesNeeded(card).length === 0).map(({ id }) => ({ id }));
