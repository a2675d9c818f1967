/** @file Reads methods, options, behaviors and roles from the command line. */
import type { Behavior } from '../../src/core/behavior.ts';
import { excerpt } from '../../src/core/excerpt.ts';
import { rolesNeeded, rolesTaken, type MethodCard, type Registry } from '../../src/core/method.ts';
import { parseOptions, type Option, type OptionsSpec } from '../../src/core/options.ts';
import type { MethodChoice } from '../../src/lab/plan/plan.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import type { TrialRequest } from '../../src/lab/plan/request.ts';
import { resolveRequest } from '../../src/lab/trials/resolve.ts';
import { defaultRoles } from '../../src/models/catalog.ts';
import { badUsage } from './failure.ts';
import {
  readMethodWords,
  readPair,
  readStackWords,
  type MethodWords,
  type OptionWords,
} from './method-words.ts';
import { checkModelIds } from './models/named.ts';

/** A word as a value of the type that the option declares; a value that is no word stays. */
function valueFor(option: Option | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (option?.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  if (option?.type === 'integer' || option?.type === 'number')
    return value.trim() === '' ? value : Number(value);
  return value;
}

const typed = (spec: OptionsSpec, words: OptionWords): Record<string, unknown> =>
  Object.fromEntries(Object.entries(words).map(([key, value]) => [key, valueFor(spec[key], value)]));

/** Options written `key=value`, with the types that the method declares; their values are checked later. */
export const readOptions = (spec: OptionsSpec, texts: readonly string[]): Record<string, unknown> =>
  typed(spec, Object.fromEntries(texts.map(readPair)));

/**
 * An attack, or several in a row with their ids joined by `+`; then an option is written `id.key=value`.
 * @throws CommandError for an option that names none of them
 */
export function readAttack(id: string, texts: readonly string[]): MethodChoice {
  const ids = id.split('+');
  if (ids.length === 1) return { id, options: readOptions(registries.attacks.get(id).options, texts) };
  const stray = texts.find((text) => !ids.some((member) => text.startsWith(`${member}.`)));
  if (stray !== undefined)
    throw badUsage(
      `The option "${excerpt(stray)}" names none of the attacks.`,
      `Write it as ${ids[0]!}.key=value.`,
    );
  const attack = ids.map((member) => {
    const own = texts.flatMap((text) =>
      text.startsWith(`${member}.`) ? [text.slice(member.length + 1)] : [],
    );
    return { id: member, options: readOptions(registries.attacks.get(member).options, own) };
  });
  return { id, attack };
}

const defenseOf = ({ id, options }: MethodWords): MethodChoice => ({
  id,
  options: typed(registries.defenses.get(id).options, options),
});

export const readDefense = (text: string): MethodChoice => defenseOf(readMethodWords(text));
/** Defenses joined by `+`. */
export const readStack = (text: string): MethodChoice[] => readStackWords(text).map(defenseOf);

export function findBehavior(id: string): Behavior {
  const all = registries.sets.all.flatMap(({ behaviors }) => behaviors);
  const behavior = all.find((candidate) => candidate.id === id);
  if (behavior) return behavior;
  const examples = all.filter(({ kind }) => kind === 'harmful').slice(0, 5);
  throw badUsage(
    `There is no behavior "${excerpt(id)}".`,
    `For example: ${examples.map((example) => example.id).join(', ')}. "list sets" names the sets.`,
  );
}

/** The user's own request as a behavior, named as in the studio, so that both make the same draws. */
export const ownBehavior = (prompt: string, target: string | undefined): Behavior => ({
  id: 'own-request',
  prompt,
  ...(target !== undefined && { target }),
  category: 'own',
  set: 'own',
  kind: 'harmful',
});

/** The models for the roles that methods need: those of the command line, else the default ones. */
export function fillRoles(
  { attack, defenses, evaluators = [] }: Pick<TrialRequest, 'attack' | 'defenses' | 'evaluators'>,
  roleTexts: readonly string[],
): TrialRequest['roles'] {
  const named = roleTexts.map(readPair);
  const models: Readonly<Record<string, string>> = { ...defaultRoles, ...Object.fromEntries(named) };
  const rolesOf = <M extends MethodCard>(registry: Registry<M>, { id, options = {} }: MethodChoice) => {
    const method = registry.get(id);
    const values = parseOptions(method.options, options, id);
    // A role that may stay open is filled where the command names a model for it.
    const taken = rolesTaken(method, values).filter((role) => named.some(([name]) => name === role));
    return [...rolesNeeded(method, values), ...taken];
  };
  const roles = new Set([
    ...(attack?.attack ?? (attack ? [attack] : [])).flatMap((choice) => rolesOf(registries.attacks, choice)),
    ...defenses.flatMap((choice) => rolesOf(registries.defenses, choice)),
    ...evaluators.flatMap((choice) => rolesOf(registries.evaluators, choice)),
  ]);
  return Object.fromEntries([...roles].flatMap((role) => (role in models ? [[role, models[role]!]] : [])));
}

/** The request with its roles. Checked completely, so that no browser is started for a bad request. */
export function completeRequest<R extends Omit<TrialRequest, 'roles'>>(
  request: R,
  behavior: Behavior,
  roleTexts: readonly string[],
): R & Pick<TrialRequest, 'roles'> {
  const complete = { ...request, roles: fillRoles(request, roleTexts) };
  checkModelIds([complete.model, ...Object.values(complete.roles)]);
  resolveRequest(complete, behavior, registries);
  return complete;
}

/** Every evaluator that consults no model, because rules cost nothing. */
export const ruleEvaluators = (): MethodChoice[] =>
  registries.evaluators.all.filter((card) => rolesNeeded(card).length === 0).map(({ id }) => ({ id }));
