/** @file Replaces the names in a plan or a request by the methods they stand for, each with its complete options. */
import type { Attack } from '../../attacks/attack.ts';
import { chained } from '../../attacks/chain.ts';
import { LabError } from '../../core/errors.ts';
import { excerpt, firstOf } from '../../core/excerpt.ts';
import {
  classifierRoles,
  grants,
  languageRoles,
  rolesNeeded,
  type MethodCard,
  type Registry,
} from '../../core/method.ts';
import { parseOptions, type OptionsSpec, type OptionValues } from '../../core/options.ts';
import type { Artifact, Defense } from '../../defenses/defense.ts';
import type { Evaluator } from '../../evaluators/evaluator.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { artifactForTargets, checkArtifact } from '../plan/artifacts.ts';
import { findRoleModel, findRoles, type RoleEntries } from '../plan/find-models.ts';
import type { MethodChoice, Plan } from '../plan/plan.ts';
import { checkTemplatePack, withTemplates, type TemplatePack } from '../plan/template-pack.ts';
import type { Problems } from './problems.ts';
import type { Registries } from './registries.ts';

/** A method and its complete, valid options. */
export interface Chosen<M> {
  readonly method: M;
  readonly options: OptionValues<OptionsSpec>;
}
export interface ChosenDefense extends Chosen<Defense> {
  /** From the plan, or learned before the first trial. */
  readonly artifact?: Artifact | undefined;
}
export interface NamedStack {
  readonly name: string;
  readonly defenses: readonly ChosenDefense[];
}

/** What a plan and a request both name. */
export interface Choices {
  readonly targets: readonly string[];
  readonly roles: Plan['models']['roles'];
  readonly attacks: readonly MethodChoice[];
  readonly stacks: readonly { readonly name: string; readonly stack: readonly MethodChoice[] }[];
  readonly evaluators: readonly MethodChoice[];
  readonly templates?: TemplatePack | undefined;
  /** The results of attacks come from another run. Then attacks call no model: they need no role and no access. */
  readonly replay: boolean;
}

export interface ChosenMethods {
  readonly targets: readonly ModelEntry[];
  /** All that the plan fills. */
  readonly roles: RoleEntries;
  readonly attacks: readonly Chosen<Attack>[];
  readonly stacks: readonly NamedStack[];
  readonly evaluators: readonly Chosen<Evaluator>[];
}

/** Look up and check everything that `choices` names. Whatever is wrong goes to `problems` and is left out. */
export function chooseAll(choices: Choices, registries: Registries, problems: Problems): ChosenMethods {
  const { templates, replay } = choices;
  const targets = choices.targets.flatMap((id, i) =>
    problems.attempt(`models.targets.${i}`, () => findRoleModel('target', id, registries)),
  );
  const roles: RoleEntries = Object.assign(
    {},
    ...Object.entries(choices.roles).flatMap(([role, id]) =>
      problems.attempt(`models.roles.${role}`, () => findRoles({ [role]: id }, registries)),
    ),
  );
  const filledRoles = Object.keys(choices.roles);
  const onTargets = <M extends MethodCard>(path: string, choose: () => Chosen<M>) => {
    const chosen = problems.attempt(path, choose);
    for (const { method } of chosen)
      for (const entry of targets) problems.attempt(path, () => checkAccess(method, entry));
    return chosen;
  };

  if (templates) problems.attempt('templates', () => checkTemplatePack(templates, registries.attacks.all));
  const attacks = choices.attacks.flatMap((choice, i) =>
    replay
      ? problems.attempt(`attacks.${i}`, () => chooseAttack(registries.attacks, choice, everyRole, templates))
      : onTargets(`attacks.${i}`, () => chooseAttack(registries.attacks, choice, filledRoles, templates)),
  );
  const stacks = choices.stacks.map(({ name, stack }, i) => ({
    name,
    defenses: stack.flatMap((choice, j) => {
      const path = `defenses.${i}.stack.${j}`;
      const choose = () => chooseMethod(registries.defenses, choice, filledRoles);
      return onTargets(path, choose).flatMap((chosen) =>
        problems.attempt(path, (): ChosenDefense => {
          const artifact = artifactForTargets(choice.artifact, choice.id, targets);
          if (artifact !== undefined) checkArtifact(registries.defenses, choice.id, artifact);
          return { ...chosen, artifact };
        }),
      );
    }),
  }));
  const evaluators = choices.evaluators.flatMap((choice, i) =>
    problems.attempt(`evaluators.${i}`, () => chooseMethod(registries.evaluators, choice, filledRoles)),
  );
  for (const chosen of evaluators) problems.attempt('evaluators', () => checkCombined(chosen, evaluators));
  return { targets, roles, attacks, stacks, evaluators };
}

/** @throws LabError 'bad-plan' for an evaluator that combines the scores of others and has none to combine */
function checkCombined({ method, options }: Chosen<Evaluator>, all: readonly Chosen<Evaluator>[]): void {
  if (method.combines === undefined) return;
  const readers = all.filter((other) => other.method.combines === undefined);
  const named = method.combines(options);
  const missing = named.filter((id) => !readers.some((other) => other.method.id === id));
  if (missing.length > 0)
    throw new LabError(
      'bad-plan',
      `"${method.id}" counts ${firstOf(missing, (id) => `"${id}"`).join(', ')}, which the plan does not have.`,
      {
        advice: 'Add these evaluators to the plan, or leave them out of "members".',
      },
    );
  if (named.length === 0 && !readers.some((other) => other.method.measures === 'harm'))
    throw new LabError('bad-plan', `"${method.id}" has no evaluator of harm whose verdict it could count.`, {
      advice: 'Add evaluators that measure harm to the plan.',
    });
}

/** For attacks that ask no model here: they need no role filled. */
export const everyRole: readonly string[] = [...languageRoles, ...classifierRoles];

/** @throws LabError 'unknown-method', 'bad-options', or 'bad-plan' for a role that no model fills */
export function chooseMethod<M extends MethodCard>(
  registry: Registry<M>,
  { id, options }: MethodChoice,
  filledRoles: readonly string[],
): Chosen<M> {
  const method = registry.get(id);
  const values = parseOptions(method.options, options ?? {}, id);
  const missing = rolesNeeded(method, values).filter((role) => !filledRoles.includes(role));
  if (missing.length > 0)
    throw new LabError('bad-plan', `"${id}" needs a model in the role ${missing.join(' and ')}.`, {
      advice: `Add ${missing.map((role) => `models.roles.${role}`).join(' and ')} to the plan.`,
    });
  return { method, options: values };
}

/** Most attacks in a row. */
const longestChain = 5;

/**
 * An attack with the texts of the pack, or a chain of them: ids joined by "+" stand for a chain with default options.
 * @throws LabError as `chooseMethod`; 'bad-plan' for a chain that is too long
 */
export function chooseAttack(
  registry: Registry<Attack>,
  choice: MethodChoice,
  filledRoles: readonly string[],
  templates: TemplatePack | undefined,
): Chosen<Attack> {
  const { id, options } = choice;
  const members = choice.attack ?? (registry.has(id) ? [] : id.split('+').map((part) => ({ id: part })));
  if (members.length < 2) {
    const chosen = chooseMethod(registry, choice, filledRoles);
    return { ...chosen, method: withTemplates(chosen.method, templates) };
  }
  if (members.length > longestChain || Object.keys(options ?? {}).length > 0)
    throw new LabError('bad-plan', `"${excerpt(id)}" is no chain of attacks that can be run.`, {
      advice: `Give up to ${longestChain} attacks as {"attack": [{"id": …, "options": …}, …]}, with options at each of them.`,
    });
  const chosen = members.map((member) => chooseAttack(registry, member, filledRoles, templates));
  return { method: chained(chosen), options: {} };
}

/** @throws LabError 'not-supported' when no runtime of the model offers the access that the method needs */
function checkAccess(method: MethodCard, entry: ModelEntry): void {
  if (grants(entry.access, method.access)) return;
  throw new LabError(
    'not-supported',
    `"${method.id}" needs ${method.access} access; ${entry.id} offers ${entry.access}.`,
    { advice: 'Leave the method out, or pick a model that offers more.' },
  );
}
