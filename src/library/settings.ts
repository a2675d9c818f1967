/**
 * @file What an app gives a method, in one object: its options and the models that it consults, by role. The types come
 * from the method's own definition.
 */
import { LabError } from '../core/errors.ts';
import {
  classifierRoles,
  isClassifierRole,
  languageRoles,
  rolesNeeded,
  type ClassifierRole,
  type LanguageRole,
  type MethodCard,
  type ModelRole,
  type RolesByChoice,
  type Stated,
} from '../core/method.ts';
import { parseOptions, type OptionsSpec, type OptionValues } from '../core/options.ts';
import type { LanguageModel } from '../models/language-model.ts';
import type { RoleModels } from '../models/role-models.ts';
import type { TextClassifier } from '../models/text-classifier.ts';

/** A method whose type tells its options and roles. */
export type StatedMethod = MethodCard &
  Stated<OptionsSpec, readonly ModelRole[], RolesByChoice, RolesByChoice>;

type Key<R extends ModelRole> = R extends 'prompt-guard'
  ? 'promptGuard'
  : R extends 'answer-guard'
    ? 'answerGuard'
    : R;
type Models<R extends ModelRole> = {
  readonly [Role in R as Key<Role>]: Role extends ClassifierRole ? TextClassifier : LanguageModel;
};
/** Without the index signature that every method has besides the names of its own. */
type Named<T> = { readonly [K in keyof T as string extends K ? never : K]: T[K] };
type RolesOf<W> = {
  [O in keyof Named<W>]: { [V in keyof Named<Named<W>[O]>]: RolesAt<Named<Named<W>[O]>[V]> }[keyof Named<
    Named<W>[O]
  >];
}[keyof Named<W>];
type RolesAt<L> = L extends readonly ModelRole[] ? L[number] : never;
type Optional<M extends StatedMethod> = Exclude<
  RolesOf<NonNullable<M['needsWhen']>> | RolesOf<NonNullable<M['takesWhen']>>,
  M['needs'][number]
>;
type Options<M extends StatedMethod> =
  Named<M['options']> extends infer S extends OptionsSpec ? OptionValues<S> : never;

/** Options that differ from their defaults, the models that the method needs, and those that it can use. */
export type Settings<M extends StatedMethod> = Partial<Options<M>> &
  Models<M['needs'][number]> &
  Partial<Models<Optional<M>>>;

/** The arguments of a constructor: none are needed where everything has a default. */
export type SettingsArguments<M extends StatedMethod, More = unknown> =
  object extends Settings<M> ? [settings?: Settings<M> & More] : [settings: Settings<M> & More];

/** The models of one method. */
export interface OwnModels extends RoleModels {
  fills(role: ModelRole): boolean;
}

export interface ReadSettings {
  readonly options: OptionValues<OptionsSpec>;
  readonly models: OwnModels;
}

const keyOf = (role: ModelRole): string =>
  role.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * @throws LabError 'bad-options' for an option that the method does not have or a value out of its range; 'bad-input' for
 *   a model that is missing, of the wrong kind or of no use to the method
 */
export function readSettings(method: MethodCard, settings: object = {}): ReadSettings {
  const given = new Map<string, unknown>(Object.entries(settings));
  const models = new Map<ModelRole, unknown>();
  for (const role of [...languageRoles, ...classifierRoles]) {
    const model = given.get(keyOf(role));
    if (model === undefined) continue;
    models.set(role, model);
    given.delete(keyOf(role));
  }
  const options = parseOptions(method.options, Object.fromEntries(given), method.id);
  const usable = everyRoleOf(method);
  for (const role of rolesNeeded(method, options)) if (!models.has(role)) throw missing(method, role);
  for (const [role, model] of models) {
    if (!usable.includes(role))
      throw new LabError('bad-input', `"${method.id}" has no use for a model as "${keyOf(role)}".`, {
        advice: `Leave it out. ${usable.length === 0 ? 'It needs no models.' : `It takes ${usable.map(keyOf).join(', ')}.`}`,
      });
    checkKind(method, role, model);
  }
  const inRole = <M>(role: ModelRole): M => {
    const model = models.get(role);
    if (model === undefined) throw missing(method, role);
    return model as M;
  };
  return {
    options,
    models: {
      fills: (role) => models.has(role),
      role: (role: LanguageRole) => inRole<LanguageModel>(role),
      classifier: (role: ClassifierRole) => inRole<TextClassifier>(role),
    },
  };
}

/** Roles that the method needs, and those that some choice of options calls for. */
const everyRoleOf = ({ needs, needsWhen = {}, takesWhen = {} }: MethodCard): readonly ModelRole[] => [
  ...needs,
  ...[needsWhen, takesWhen].flatMap((when) =>
    Object.values(when).flatMap((byValue) => Object.values(byValue).flat()),
  ),
];

function missing({ id }: MethodCard, role: ModelRole): LabError {
  const kind = isClassifierRole(role) ? 'classifier' : 'language model';
  return new LabError('bad-input', `"${id}" needs a ${kind} as "${keyOf(role)}".`, {
    advice: `Give it one among its settings: { ${keyOf(role)}: … }.`,
  });
}

/** @throws LabError 'bad-input' */
function checkKind({ id }: MethodCard, role: ModelRole, model: unknown): void {
  const [method, from] = isClassifierRole(role)
    ? (['classify', 'fromTextClassification'] as const)
    : (['generate', 'fromTextGeneration or fromWebLlm'] as const);
  const has = typeof model === 'object' && model !== null && typeof Reflect.get(model, method) === 'function';
  if (has) return;
  throw new LabError('bad-input', `What "${id}" got as "${keyOf(role)}" cannot ${method}.`, {
    advice: `Make it with ${from}.`,
  });
}
