/** @file The models that the trials on one target need, loaded, and the target behind its defenses. */
import type { Attack } from '../../attacks/attack.ts';
import { LabError } from '../../core/errors.ts';
import type { Access, MethodCard, ModelRole } from '../../core/method.ts';
import type { ModelEntry } from '../../models/catalog.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { isDefault, settingsKey, type PromptSettings } from '../../models/prompt-settings.ts';
import type { RoleModels } from '../../models/role-models.ts';
import type { TextClassifier } from '../../models/text-classifier.ts';
import type { RoleEntries } from '../plan/find-models.ts';
import type { Chosen } from '../trials/choices.ts';
import { metered, meteredClassifier, type Meter, type MeterOf } from './meter.ts';
import { defaultAccess, type LoadOptions, type ModelPool } from './model-pool.ts';

export interface LoadedModels extends RoleModels {
  /** True if a model is assigned to `role`. */
  fills(role: ModelRole): boolean;
  /** The model under attack, from its default runtime or from the white-box one; a large one is loaded once. */
  target(access: Access): LanguageModel;
}

export interface RequiredModels {
  readonly target: ModelEntry;
  /** Only what some method needs: each is loaded. */
  readonly roles: RoleEntries;
  /** True if any method needs white-box access to the target. */
  readonly whiteBox: boolean;
  /** Roles to which a method needs white-box access. */
  readonly whiteBoxRoles?: readonly ModelRole[];
}

export interface LoadModelsOptions extends Omit<LoadOptions, 'access'> {
  /** What the chat templates of all language models read. Default: a constant date, and no variables. */
  readonly chatTemplate?: PromptSettings;
}

/** Load what the trials on `target` need. @throws LabError naming the model that cannot be loaded. */
export async function loadModels(
  pool: ModelPool,
  { target, roles, whiteBox, whiteBoxRoles = [] }: RequiredModels,
  { chatTemplate = {}, ...options }: LoadModelsOptions,
): Promise<LoadedModels> {
  const load = async (entry: ModelEntry, access = defaultAccess(entry)) =>
    promptedModel(await pool.get(entry, { ...options, access }), chatTemplate);
  const whiteBoxTarget = whiteBox ? await load(target, 'white-box') : undefined;
  const targetModel = whiteBoxTarget && (await pool.oneCopy(target)) ? whiteBoxTarget : await load(target);
  const languageModels = new Map<string, LanguageModel>();
  const classifiers = new Map<string, TextClassifier>();
  for (const [role, entry] of Object.entries(roles)) {
    if (entry.task === 'text-classification') {
      classifiers.set(role, await pool.classifier(entry, options));
      continue;
    }
    const access = whiteBoxRoles.some((name) => name === role) ? 'white-box' : defaultAccess(entry);
    languageModels.set(role, await load(entry, access));
  }
  return {
    target: (access) => (access === 'white-box' && whiteBoxTarget) || targetModel,
    fills: (role) => languageModels.has(role) || classifiers.has(role),
    role: (role) => inRole(languageModels, role),
    classifier: (role) => inRole(classifiers, role),
  };
}

/** Views by settings, so that requests with the same settings share batches. */
const views = new WeakMap<LanguageModel, Map<string, LanguageModel>>();

/** @throws LabError 'not-supported' for settings that the model's template cannot be given */
function promptedModel(model: LanguageModel, settings: PromptSettings): LanguageModel {
  if (isDefault(settings)) return model;
  if (!model.withPrompts)
    throw new LabError('not-supported', `${model.id} does not take a date or variables of a chat template.`, {
      advice: 'Leave "chatTemplate" out of the plan, or pick another model.',
    });
  const own = views.get(model) ?? new Map<string, LanguageModel>();
  views.set(model, own);
  const key = settingsKey(settings);
  const view = own.get(key) ?? model.withPrompts(settings);
  own.set(key, view);
  return view;
}

function inRole<Model>(models: ReadonlyMap<string, Model>, role: ModelRole): Model {
  const model = models.get(role);
  if (model) return model;
  throw new LabError('bad-plan', `No model fills the role ${role}.`, {
    advice: `Add models.roles.${role} to the plan.`,
  });
}

type Choices = readonly { readonly method: MethodCard }[];

export const requiredModels = (
  target: ModelEntry,
  roles: RoleEntries,
  attacks: readonly Chosen<Attack>[],
  defenses: Choices,
): RequiredModels => ({
  target,
  roles,
  whiteBox: needsWhiteBox(attacks) || needsWhiteBox(defenses),
  whiteBoxRoles: attacks.flatMap(({ method }) => method.whiteBoxRoles ?? []),
});

/** True if any of the methods needs white-box access to the target. */
export const needsWhiteBox = (methods: Choices): boolean =>
  methods.some(({ method }) => method.access === 'white-box');

/** The models in their roles, with every call counted on the meter. */
export const roleModels = (models: LoadedModels, meter: Meter | MeterOf): RoleModels => ({
  role: (role) => metered(models.role(role), role, meter),
  classifier: (role) => meteredClassifier(models.classifier(role), role, meter),
});
