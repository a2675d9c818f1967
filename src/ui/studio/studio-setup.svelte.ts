/** @file The studio's settings: one attack on one behavior of one model. */
import { createContext } from 'svelte';
import type { Behavior } from '../../core/behavior.ts';
import { rolesNeeded, rolesTaken, type ModelRole } from '../../core/method.ts';
import type { PackName } from '../../core/templates.ts';
import type { AttackRequest, MutateRequest } from '../../lab/plan/request.ts';
import { defaultSampling, type PlanInput } from '../../lab/plan/plan.ts';
import { candidatesFor } from '../../lab/plan/find-models.ts';
import { canGrade } from '../../lab/plan/set-card.ts';
import type { TemplatePack } from '../../lab/plan/template-pack.ts';
import { list } from '../format.ts';
import { readStudioLink, writeStudioLink } from '../links/setups.ts';
import { choiceOf, fitting, isValid, obstacle, type OptionInput } from '../state/method-pick.ts';
import { roleTitles } from '../state/method-words.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import { samplingOf } from '../state/sampling.ts';

type LabInfoPart = Pick<LabInfo, 'catalogue' | 'quickstart' | 'models' | 'behaviors'>;

/** Behaviors that a list shows at once. */
export const mostShown = 200;

/** Alternatives recorded per token of the answer. */
const topTokens = 5;

export class StudioSetup {
  model = $state('');
  set = $state('');
  behaviorId = $state('');
  /** Whether the user writes a request in place of a behavior of a set. */
  isOwnRequest = $state(false);
  request = $state('');
  target = $state('');
  attack = $state('');
  options = $state.raw<OptionInput>({});
  /** Models of the roles for which the user chose another than the default. */
  roleModels = $state.raw<Readonly<Partial<Record<ModelRole, string>>>>({});
  /** The pack that ships; `null` leaves the choice to the lab. */
  texts = $state.raw<PackName | null>(null);
  /** Texts in place of the attack's own. */
  pack = $state.raw<TemplatePack | null>(null);
  seed = $state(0);
  maxNewTokens = $state(defaultSampling.maxNewTokens);
  temperature = $state(defaultSampling.temperature);
  readonly #labInfo: LabInfoPart;

  constructor(labInfo: LabInfoPart) {
    this.#labInfo = labInfo;
  }

  readonly card = $derived.by(
    () => this.#labInfo.catalogue?.attacks.find(({ id }) => id === this.attack) ?? null,
  );
  readonly choices = $derived.by(() =>
    (this.#labInfo.behaviors[this.set] ?? []).filter(({ kind }) => kind === 'harmful'),
  );
  /** What the prompts of a large set are looked through for. */
  search = $state('');
  /** The choices that a list shows: the first that match, and the one that is chosen. */
  readonly shownChoices = $derived.by(() => {
    const words = this.search.trim().toLowerCase();
    const matching = this.choices.filter(({ prompt }) => prompt.toLowerCase().includes(words));
    const shown = matching.slice(0, mostShown);
    const chosen = this.choices.find(({ id }) => id === this.behaviorId);
    return chosen && !shown.includes(chosen) ? [chosen, ...shown] : shown;
  });
  readonly behavior = $derived.by((): Behavior | null => {
    if (!this.isOwnRequest) return this.choices.find(({ id }) => id === this.behaviorId) ?? null;
    const [prompt, target] = [this.request.trim(), this.target.trim()];
    if (prompt === '') return null;
    const named = { id: 'own-request', category: 'own', set: 'own', kind: 'harmful' as const };
    return { ...named, prompt, ...(target !== '' && { target }) };
  });
  readonly roles = $derived.by((): Partial<Record<ModelRole, string>> => {
    const usual: Partial<Record<ModelRole, string>> = this.#labInfo.catalogue?.roles ?? {};
    const needed = this.card ? rolesNeeded(this.card, this.options) : [];
    const taken = this.optionalRoles.filter((role) => this.roleModels[role]);
    return Object.fromEntries(
      [...needed, ...taken].map((role) => [role, this.roleModels[role] ?? usual[role] ?? '']),
    );
  });
  /** The texts that the attack will use, by name; those of the full pack where the lab chooses. */
  readonly templates = $derived.by(() => ({
    ...this.card?.templates?.[this.texts ?? 'full'],
    ...this.pack?.templates[this.attack],
  }));
  /** Roles that the attack uses where they are filled, and runs without. */
  readonly optionalRoles = $derived.by((): readonly ModelRole[] =>
    this.card
      ? rolesTaken(this.card, this.options).filter(
          (role) => !rolesNeeded(this.card!, this.options).includes(role),
        )
      : [],
  );
  /** Why the attack cannot start, or `null` when it can. */
  readonly problem = $derived.by((): string | null => {
    const model = this.#labInfo.models.find(({ id }) => id === this.model);
    if (!this.card || !model) return 'Pick a model and an attack.';
    if (!this.behavior) return this.isOwnRequest ? 'Write the request.' : 'Pick a behavior.';
    const vacant = Object.entries(this.roles).filter(([, id]) => id === '');
    if (vacant.length > 0)
      return `Pick a model for the role ${list(vacant.map(([role]) => roleTitles[role as ModelRole]))}.`;
    if (!isValid(this.card.options, this.options)) return 'Correct the options that are marked.';
    return obstacle(this.card, model.access);
  });

  /** Fill what was not chosen yet with the first entry of each list. */
  settle = (): void => {
    const { catalogue, quickstart, models } = this.#labInfo;
    this.model ||= quickstart?.models.targets[0] ?? models[0]?.id ?? '';
    this.set ||= catalogue?.sets[0]?.id ?? '';
    this.attack ||= catalogue?.attacks.find(({ id }) => id === 'gcg')?.id ?? catalogue?.attacks[0]?.id ?? '';
    if (!this.choices.some(({ id }) => id === this.behaviorId)) this.behaviorId = this.choices[0]?.id ?? '';
  };
  pick = (attack: string): void => {
    [this.attack, this.options, this.roleModels] = [attack, {}, {}];
  };
  assignRole = (role: ModelRole, model: string): void =>
    void (this.roleModels = { ...this.roleModels, [role]: model });

  /** The request to the lab; `null` while something is missing. */
  toRequest = (): AttackRequest | null =>
    this.problem !== null || !this.card || !this.behavior
      ? null
      : {
          model: this.model,
          behavior: this.behavior,
          attack: choiceOf(this.card, this.options),
          ...(this.texts && { texts: this.texts }),
          ...(this.pack && { templates: this.pack }),
          defenses: [],
          evaluators: (this.#labInfo.catalogue?.evaluators ?? [])
            .filter((card) => rolesNeeded(card).length === 0 && canGrade(card, this.behavior!))
            .map(({ id }) => ({ id })),
          roles: this.roles,
          sampling: samplingOf(this),
          seed: this.seed,
          topTokens,
        };

  /** The prompts of the attack alone, for every behavior of the set. `null` for an attack that needs a model for them. */
  toMutateRequest = (): MutateRequest | null =>
    !this.card?.mutates || this.isOwnRequest || !isValid(this.card.options, this.options)
      ? null
      : {
          attack: choiceOf(this.card, this.options),
          ...(this.texts && { texts: this.texts }),
          ...(this.pack && { templates: this.pack }),
          seed: this.seed,
        };

  /** What a link to this set-up carries. */
  toSetup = (): string =>
    writeStudioLink({
      model: this.model,
      ...(this.isOwnRequest
        ? { request: this.request, target: this.target }
        : { set: this.set, behavior: this.behaviorId }),
      attack: this.attack,
      options: this.options,
      ...(this.texts && { texts: this.texts }),
      roleModels: this.roleModels,
      seed: this.seed,
      maxNewTokens: this.maxNewTokens,
      temperature: this.temperature,
    });

  /** Take over a link's set-up; anything in it that does not fit is ignored. Links are untrusted. */
  fromSetup = (setup: string): void => {
    const link = readStudioLink(setup);
    const { catalogue, models } = this.#labInfo;
    if (!link || !catalogue) return;
    const { model, set, behavior, request, target, options, roleModels = {} } = link;
    if (candidatesFor('target', models).some(({ id }) => id === model)) this.model = model!;
    if (catalogue.sets.some(({ id }) => id === set)) this.set = set!;
    this.behaviorId = behavior ?? this.behaviorId;
    if (behavior !== undefined) this.isOwnRequest = false;
    if (request !== undefined) {
      [this.isOwnRequest, this.request] = [true, request];
      this.target = target ?? this.target;
    }
    const card = catalogue.attacks.find(({ id }) => id === link.attack);
    if (card) {
      this.pick(card.id);
      // A link with an attack means the texts that it names, whatever was chosen here before.
      [this.texts, this.pack] = [link.texts ?? null, null];
    }
    if (card && options) this.options = fitting(card.options, options);
    for (const [role, id] of Object.entries(roleModels))
      if (models.some((entry) => entry.id === id)) this.assignRole(role as ModelRole, id);
    this.seed = link.seed ?? this.seed;
    this.maxNewTokens = link.maxNewTokens ?? this.maxNewTokens;
    this.temperature = link.temperature ?? this.temperature;
  };
}

/** The plan with this one trial, under which it can be stored and run again. */
export const planOf = (
  { model, behavior, attack, texts, templates, evaluators, roles, sampling, seed }: AttackRequest,
  title: string,
): PlanInput => ({
  version: 1,
  name: /* @wc-ignore */ `Studio: ${title}`,
  seed,
  models: { targets: [model], roles },
  behaviors: [{ behaviors: [behavior] }],
  attacks: [{ id: attack.id, options: { ...attack.options } }],
  ...(texts && { texts }),
  ...(templates && { templates }),
  evaluators: evaluators.map(({ id }) => ({ id })),
  sampling,
  record: { topTokens },
  concurrency: 1,
});

export const [getStudioSetup, setStudioSetup] = createContext<StudioSetup>();
