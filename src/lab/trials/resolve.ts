/** @file Checks a plan against what the lab has, completely, before anything is loaded or run. */
import type { Attack } from '../../attacks/attack.ts';
import type { Behavior } from '../../core/behavior.ts';
import { LabError } from '../../core/errors.ts';
import {
  classifierRoles,
  grants,
  languageRoles,
  rolesNeeded,
  type MethodCard,
  type Registry,
} from '../../core/method.ts';
import { parseOptions, type OptionsSpec, type OptionValues } from '../../core/options.ts';
import type { ContrastPrompts } from '../../core/contrast.ts';
import type { Artifact, Defense } from '../../defenses/defense.ts';
import type { Evaluator } from '../../evaluators/evaluator.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import { type MethodChoice, defenseName, undefended, type Plan } from '../plan/plan.ts';
import { contrastFrom } from './contrast.ts';
import { artifactForTargets, checkArtifact } from '../plan/artifacts.ts';
import type { Registries } from './registries.ts';
import { findRoleModel, findRoles, rolesUsed, type RoleEntries } from '../plan/role-models.ts';
import { checkTemplatePack, withTemplates, type TemplatePack } from '../plan/template-pack.ts';

/** A method and its complete, valid options. */
export interface Chosen<M> {
  readonly method: M;
  readonly options: OptionValues<OptionsSpec>;
}
export interface ChosenDefense extends Chosen<Defense> {
  /** What the plan gives, or what it learned; see `prepared`. */
  readonly artifact?: Artifact | undefined;
}
export interface NamedStack {
  readonly name: string;
  readonly defenses: readonly ChosenDefense[];
}

/** A plan in which every name stands for the thing itself. */
export interface ResolvedPlan {
  readonly plan: Plan;
  readonly targets: readonly ModelEntry[];
  /** Those that some method calls for. */
  readonly roles: RoleEntries;
  /** Those of the plan's shard. */
  readonly behaviors: readonly Behavior[];
  /** The behaviors of the whole plan, and the rest of the sets that some were taken from. */
  readonly known: readonly Behavior[];
  /** What defenses may learn from: nothing that is tested. */
  readonly contrast: ContrastPrompts | null;
  readonly attacks: readonly Chosen<Attack>[];
  /** The undefended model first. */
  readonly stacks: readonly NamedStack[];
  readonly evaluators: readonly Chosen<Evaluator>[];
}

/**
 * @throws LabError that names everything that is wrong, each with its path in the plan; its code is that of the
 * first: 'unknown-model', 'unknown-method', 'bad-options', 'not-supported' (tier of access) or 'bad-plan'.
 */
export function resolvePlan(plan: Plan, registries: Registries): ResolvedPlan {
  const problems = new Problems();
  const targets = plan.models.targets.flatMap((id, i) =>
    problems.attempt(`models.targets.${i}`, () => findRoleModel('target', id, registries.models)),
  );
  const roles: RoleEntries = Object.assign(
    {},
    ...Object.entries(plan.models.roles).flatMap(([role, id]) =>
      problems.attempt(`models.roles.${role}`, () => findRoles({ [role]: id }, registries.models)),
    ),
  );
  const filled = Object.keys(plan.models.roles);

  const choose = <M extends MethodCard>(registry: Registry<M>, path: string, choice: MethodChoice) =>
    problems.attempt(path, () => chooseMethod(registry, choice, filled));
  const onTargets = <M extends MethodCard>(registry: Registry<M>, path: string, choice: MethodChoice) => {
    const chosen = choose(registry, path, choice);
    for (const { method } of chosen)
      for (const entry of targets) problems.attempt(path, () => checkAccess(method, entry));
    return chosen;
  };

  const pack = plan.templates;
  if (pack) problems.attempt('templates', () => checkTemplatePack(pack, registries.attacks.all));
  const attacks = plan.attacks
    .flatMap((choice, i) =>
      plan.replay
        ? problems.attempt(`attacks.${i}`, () => chooseMethod(registries.attacks, choice, everyRole))
        : onTargets(registries.attacks, `attacks.${i}`, choice),
    )
    .map((attack) => withPack(pack, attack));
  const stacks = plan.defenses.map((defense, i) => ({
    name: defenseName(defense),
    defenses: defense.stack.flatMap((choice, j) => {
      const path = `defenses.${i}.stack.${j}`;
      return onTargets(registries.defenses, path, choice).flatMap((chosen) =>
        problems.attempt(path, (): ChosenDefense => {
          const artifact = artifactForTargets(choice.artifact, choice.id, targets);
          if (artifact !== undefined) checkArtifact(registries.defenses, choice.id, artifact);
          return { ...chosen, artifact };
        }),
      );
    }),
  }));
  const evaluators = plan.evaluators.flatMap((choice, i) =>
    choose(registries.evaluators, `evaluators.${i}`, choice),
  );
  const tested = plan.behaviors.flatMap((source, i) =>
    problems.attempt(`behaviors.${i}`, () => behaviorsOf(source, registries)).flat(),
  );
  const [behaviors = []] = problems.attempt('shard', () => shardOf(tested, plan));

  const contrast = contrastFrom({
    given: plan.contrast,
    sets: [...new Set(plan.behaviors.flatMap((source) => ('set' in source ? [source.set] : [])))].flatMap(
      (id) => (registries.sets.has(id) ? [registries.sets.get(id)] : []),
    ),
    tested,
  });
  const learning = stacks.flatMap(({ defenses }) =>
    defenses.filter(({ method, artifact }) => method.prepare !== undefined && artifact === undefined),
  );
  if (contrast === null && learning.length > 0)
    problems.attempt('contrast', () => {
      throw nothingToLearnFrom(learning[0]!.method.id);
    });
  for (const id of plan.replay ? plan.models.targets : [])
    problems.attempt('replay', () => checkReplayed(plan, id));

  const idsOf = (named: readonly { readonly id: string }[]) => named.map(({ id }) => id);
  problems.repeated('models.targets', plan.models.targets);
  problems.repeated('attacks', idsOf(plan.attacks));
  problems.repeated('evaluators', idsOf(plan.evaluators));
  problems.repeated('defenses', [undefended, ...stacks.map(({ name }) => name)]);
  problems.repeated('behaviors', idsOf(tested));
  problems.raise();
  return {
    plan,
    targets,
    roles: rolesUsed(roles, [
      ...(plan.replay ? [] : attacks),
      ...stacks.flatMap(({ defenses }) => defenses),
      ...evaluators,
    ]),
    behaviors,
    known: knownBehaviors(plan, registries),
    contrast,
    attacks,
    stacks: [{ name: undefended, defenses: [] }, ...stacks],
    evaluators,
  };
}

/** An attack that is replayed asks nobody, so it needs no role filled and no access to the target. */
const everyRole: readonly string[] = [...languageRoles, ...classifierRoles];

function checkReplayed({ replay }: Plan, target: string): void {
  if (replay && Object.hasOwn(replay, target)) return;
  throw new LabError('bad-plan', `It does not say whose results are put to ${target}.`, {
    advice: `Add replay.${target}: the model that was attacked.`,
  });
}

/** What is wrong with a plan, collected so that one reading of the message is enough to correct it. */
class Problems {
  readonly #found: { readonly path: string; readonly error: LabError }[] = [];

  /** The value in a list, or an empty list when `make` throws a LabError, which is kept for `raise`. */
  attempt<T>(path: string, make: () => T): T[] {
    try {
      return [make()];
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      this.#found.push({ path, error });
      return [];
    }
  }

  /** Records are keyed by these names, so each must stand for one thing. */
  repeated(path: string, names: readonly string[]): void {
    for (const name of new Set(names.filter((name, i) => names.indexOf(name) < i)))
      this.attempt(path, () => {
        throw new LabError('bad-plan', `"${name}" stands there more than once.`, {
          advice: 'Name each once; give defense stacks that share their methods a "name" each.',
        });
      });
  }

  raise(): void {
    const first = this.#found[0];
    if (first === undefined) return;
    const said = this.#found.map(({ path, error }) => `${path}: ${error.message}`);
    const advice = new Set(this.#found.map(({ error }) => error.advice));
    throw new LabError(first.error.code, said.join(' '), {
      advice: [...advice].join(' '),
      cause: first.error,
    });
  }
}

export const nothingToLearnFrom = (defense: string): LabError =>
  new LabError('bad-plan', `There are no requests for "${defense}" to learn from.`, {
    advice: 'Add "contrast" with harmful and harmless requests to the plan, other than those under test.',
  });

/** @throws LabError 'unknown-method', 'bad-options', or 'bad-plan' for a role that nobody plays */
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

/** The attack with the texts of the pack. */
export const withPack = (pack: TemplatePack | undefined, chosen: Chosen<Attack>): Chosen<Attack> => ({
  ...chosen,
  method: withTemplates(chosen.method, pack),
});

/** @throws LabError 'not-supported' when no runtime of the model shows what the method needs */
export function checkAccess(method: MethodCard, entry: ModelEntry): void {
  if (grants(entry.access, method.access)) return;
  throw new LabError(
    'not-supported',
    `"${method.id}" needs ${method.access} access; ${entry.id} offers ${entry.access}.`,
    { advice: 'Leave the method out, or pick a model that offers more.' },
  );
}

/** Each once, though several sources of a plan may take from one set. */
function knownBehaviors(plan: Plan, { sets }: Registries): readonly Behavior[] {
  const all = plan.behaviors.flatMap((source) =>
    'set' in source ? sets.get(source.set).behaviors : source.behaviors,
  );
  return [...new Map(all.map((behavior) => [behavior.id, behavior])).values()];
}

/** @throws LabError 'bad-plan' when nothing is left */
function shardOf(behaviors: readonly Behavior[], { shard }: Plan): readonly Behavior[] {
  if (shard === undefined) return behaviors;
  const own = behaviors.filter((_, i) => i % shard.count === shard.index - 1);
  if (own.length > 0) return own;
  const { index, count } = shard;
  throw new LabError(
    'bad-plan',
    `Shard ${index}/${count} is empty: the plan has ${behaviors.length} behaviors.`,
    { advice: 'Use fewer shards.' },
  );
}

function behaviorsOf(source: Plan['behaviors'][number], { sets }: Registries): readonly Behavior[] {
  if ('behaviors' in source) return source.behaviors;
  const { kinds, limit = Infinity } = source;
  const taken = new Map<Behavior['kind'], number>();
  const behaviors = sets.get(source.set).behaviors.filter(({ kind }) => {
    const before = taken.get(kind) ?? 0;
    if ((kinds && !kinds.includes(kind)) || before >= limit) return false;
    taken.set(kind, before + 1);
    return true;
  });
  if (behaviors.length > 0) return behaviors;
  throw new LabError('bad-plan', `No behavior of set "${source.set}" is of kind ${kinds?.join(' or ')}.`, {
    advice: 'Ask for other kinds, or leave "kinds" out to take all.',
  });
}
