/** @file A plan being edited in forms. */
import {
  accessTiers,
  grants,
  rolesNeeded,
  rolesTaken,
  type Access,
  type MethodCard,
  type ModelRole,
} from '../../core/method.ts';
import type { PackName } from '../../core/templates.ts';
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import { defaultSampling, type Plan, type PlanInput } from '../../lab/plan/plan.ts';
import { carriedCards, gradingObstacle, type BehaviorSetCard } from '../../lab/plan/set-card.ts';
import { limitsText } from '../../lab/plan/run-limits.ts';
import type { TemplatePack } from '../../lab/plan/template-pack.ts';
import type { ModelEntry } from '../types.ts';
import { BehaviorsDraft } from './behaviors-draft.svelte.ts';
import { ColumnsDraft } from './columns-draft.svelte.ts';
import { suggestedName } from './suggested-name.ts';
import { distinct } from '../../core/groups.ts';
import { TemplateDraft } from '../state/template-draft.svelte.ts';
import { isValid, withoutDefaults, type OptionInput } from '../state/method-pick.ts';

/** Methods of which a plan holds each at most once; records are keyed by their ids. */
type Kind = 'attacks' | 'evaluators';

/** Attacks in a row, each with its own options. */
type Chain = Extract<Plan['attacks'][number], { readonly attack: unknown }>;

/** Edits a copy: the original plan stays unchanged, and its parts without a field are taken over. */
export class PlanDraft {
  seed = $state(0);
  /** Models under attack. */
  targets = $state.raw<readonly string[]>([]);
  roles = $state<Partial<Record<ModelRole, string>>>({});
  maxNewTokens = $state(defaultSampling.maxNewTokens);
  readonly template: TemplateDraft;
  /** Those of the lab, and those that the plan brings along. */
  readonly sets: readonly BehaviorSetCard[];
  readonly behaviors: BehaviorsDraft;
  /** Chosen method ids, in the order of the plan. */
  chosen = $state<Record<Kind, string[]>>({ attacks: [], evaluators: [] });
  /** Option values by method id: those that were set. */
  options = $state.raw<Readonly<Record<string, OptionInput>>>({});
  /** By id; those that are chosen are in the plan. */
  chains = $state.raw<Readonly<Record<string, Chain>>>({});
  readonly columns: ColumnsDraft;
  /** The pack that ships; `null` leaves the choice to the lab. */
  texts = $state.raw<PackName | null>(null);
  /** Against which model attacks are made. */
  attackMode = $state<NonNullable<Plan['attackMode']>>('static');
  /** Attack templates in place of those that ship. */
  templates = $state.raw<TemplatePack | null>(null);
  readonly #catalogue: Catalogue;
  readonly #models: readonly ModelEntry[];
  readonly #plan: Plan;

  /** @param models everything that can be named, models beside the catalogue included */
  constructor(catalogue: Catalogue, plan: Plan, models = catalogue.models) {
    [this.#catalogue, this.#plan, this.#models] = [catalogue, plan, models];
    this.seed = plan.seed;
    this.targets = plan.models.targets;
    this.roles = { ...catalogue.roles, ...plan.models.roles };
    this.filled = { ...plan.models.roles };
    this.maxNewTokens = plan.sampling.maxNewTokens;
    this.template = new TemplateDraft(plan.chatTemplate);
    this.attackMode = plan.attackMode ?? 'static';
    this.texts = plan.texts ?? null;
    this.templates = plan.templates ?? null;
    this.sets = [...catalogue.sets, ...carriedCards(plan)];
    this.behaviors = new BehaviorsDraft(this.sets, plan.behaviors);
    this.columns = new ColumnsDraft(catalogue.defenses, plan);
    this.chosen = {
      attacks: plan.attacks.map(({ id }) => id),
      evaluators: plan.evaluators.map(({ id }) => id),
    };
    this.chains = Object.fromEntries(
      plan.attacks.flatMap((choice) => ('attack' in choice ? [[choice.id, choice] as const] : [])),
    );
    this.options = Object.fromEntries(
      [...plan.attacks, ...plan.evaluators].map(({ id, options }) => [id, options]),
    );
    this.#original = this.#contents();
  }

  /** What was typed; else that of the plan while it is as it was, and a suggestion once it is not. */
  get name(): string {
    return this.#typedName ?? this.#ownName;
  }
  set name(name: string) {
    this.#typedName = name;
  }
  #typedName = $state.raw<string | null>(null);
  readonly #ownName = $derived.by((): string => {
    if (this.#contents() === this.#original) return this.#plan.name;
    const { attacks, defenses } = this.#catalogue;
    const titleOf = (cards: readonly MethodCard[]) => (id: string) =>
      cards.find((card) => card.id === id)?.title ?? id;
    // Attacks in a row are joined in their id as defenses of a stack are in its name.
    const joined = (cards: readonly MethodCard[]) => (name: string) =>
      name.split('+').map(titleOf(cards)).join(' + ');
    return suggestedName({
      attacks: this.chosen.attacks.map(joined(attacks)),
      defenses: this.columns.names.map(joined(defenses)),
      targets: this.targets.map((id) => this.#models.find((model) => model.id === id)?.title ?? id),
    });
  });
  readonly #original: string;
  /** Everything but its name and its seed. */
  #contents = (): string => JSON.stringify({ ...this.#unnamed(), seed: null });

  isChosen = (kind: Kind, id: string): boolean => this.chosen[kind].includes(id);
  /** Take a method in at the end, or out. */
  toggle = (kind: Kind, id: string): void => {
    const others = this.chosen[kind].filter((other) => other !== id);
    this.chosen[kind] = this.isChosen(kind, id) ? others : [...others, id];
  };
  /** Ids in the plan that this version of the lab does not know. */
  unknown = (kind: Kind): readonly string[] =>
    this.chosen[kind].filter(
      (id) => !this.#catalogue[kind].some((card) => card.id === id) && !this.chains[id],
    );
  /** Ids of the chains in the plan. */
  readonly chosenChains = $derived(this.chosen.attacks.filter((id) => this.chains[id] !== undefined));
  /** Take in a chain of attacks, each with the options that are set for it now. */
  addChain = (ids: readonly string[]): void => {
    const id = ids.join('+');
    const attack = ids.map((member) => ({ id: member, options: this.options[member] ?? {} }));
    this.chains = { ...this.chains, [id]: { id, options: {}, attack } };
    if (!this.isChosen('attacks', id)) this.toggle('attacks', id);
  };

  setOptions = (kind: Kind, id: string, values: OptionInput): void => {
    const card = this.#catalogue[kind].find((other) => other.id === id);
    if (card) this.options = { ...this.options, [id]: withoutDefaults(card.options, values) };
  };

  /** Attack another model in place of the one at `index`, or in addition. */
  setTarget = (index: number, id: string): void => void (this.targets = this.targets.toSpliced(index, 1, id));
  removeTarget = (index: number): void => void (this.targets = this.targets.toSpliced(index, 1));

  /** The tier that all models under attack offer. */
  readonly access = $derived.by((): Access => {
    const offered = this.targets.map((id) => this.#models.find((model) => model.id === id)?.access);
    return accessTiers.findLast((tier) => offered.every((one) => grants(one ?? 'black-box', tier)))!;
  });

  /** Cards of the methods that will run, each with its options. Attacks that are replayed do not. */
  readonly #picked = $derived.by(() =>
    [
      ...(this.#plan.replay ? [] : this.chosen.attacks).flatMap(
        (id): readonly { readonly id: string; readonly options: OptionInput }[] =>
          this.chains[id]?.attack ?? [{ id, options: this.options[id] ?? {} }],
      ),
      ...this.columns.choices,
      ...this.chosen.evaluators.map((id) => ({ id, options: this.options[id] ?? {} })),
    ].flatMap(({ id, options }) => {
      const { attacks, defenses, evaluators } = this.#catalogue;
      return [...attacks, ...defenses, ...evaluators]
        .filter((card) => card.id === id)
        .map((card) => ({ card, options }));
    }),
  );
  /** Roles that the chosen methods need, each once. */
  readonly neededRoles = $derived.by((): readonly ModelRole[] =>
    distinct(this.#picked.flatMap(({ card, options }) => rolesNeeded(card, options))),
  );

  /** Roles that the chosen methods use where they are filled, and run without. */
  readonly optionalRoles = $derived.by((): readonly ModelRole[] =>
    distinct(this.#picked.flatMap(({ card, options }) => rolesTaken(card, options))).filter(
      (role) => !this.neededRoles.includes(role),
    ),
  );
  /** The optional roles that the plan fills. */
  filled = $state<Partial<Record<ModelRole, string>>>({});

  /** Why an evaluator can grade none of the chosen behaviors, or `null` where it can. */
  gradingObstacle = (id: string): string | null => {
    const card = this.#catalogue.evaluators.find((other) => other.id === id);
    return card ? gradingObstacle(card, this.behaviors.chosen, this.sets) : null;
  };

  /** What is missing before it can run, in words, or `null`. */
  readonly obstacle = $derived.by((): string | null => {
    if (this.targets.length === 0) return 'Choose a model to attack.';
    if (this.chosen.attacks.length === 0) return 'Choose at least one attack.';
    if (this.chosen.evaluators.length === 0) return 'Choose at least one evaluator.';
    if (this.chosen.evaluators.every((id) => this.gradingObstacle(id) !== null))
      return 'Choose an evaluator that can grade these behaviors.';
    if (this.behaviors.harmful < 1) return 'Take at least one forbidden behavior.';
    const stacks = this.columns.obstacle(this.access);
    if (stacks !== null) return stacks;
    const role = this.neededRoles.find((needed) => !this.roles[needed]);
    if (role) return `Choose a model for the role “${role}”.`;
    if (this.template.problem !== null) return 'Check the variables of chat templates.';
    const wrong = this.#picked.find(({ card, options }) => !isValid(card.options, options));
    return wrong ? `Check the options of ${wrong.card.title}.` : null;
  });

  /** True if the plan makes attacks, so that it can make them on the defended models. */
  readonly makesAttacks = $derived.by(() => this.#plan.replay === undefined);

  /** What the plan says and no field shows, in words. */
  readonly fixedSettings = $derived.by((): readonly string[] => {
    const { contrast, falsePositives, sampling, samples, record, replay, concurrency, runLimits } =
      this.#plan;
    return [
      ...(this.behaviors.isDrawn ? ['behaviors drawn by the seed'] : []),
      ...(sampling.temperature > 0 ? [`temperature ${sampling.temperature}, top-p ${sampling.topP}`] : []),
      ...(samples ? [`${samples} answers to every prompt`] : []),
      ...(contrast ? [`${contrast.harmful.length} pairs of requests for defenses to learn from`] : []),
      ...(falsePositives === undefined
        ? []
        : [`thresholds that flag at most a share of ${falsePositives} of benign texts`]),
      ...(replay ? ['attack results taken over from another run'] : []),
      `keeps ${record.topTokens} alternatives per token`,
      `runs ${concurrency} trials in parallel`,
      ...(runLimits ? [`ends after ${limitsText(runLimits)}`] : []),
    ];
  });

  /** Plain data for the lab, which checks it once more. */
  toPlan = (): PlanInput => ({ ...this.#unnamed(), name: this.name.trim() || this.#ownName });

  #unnamed = (): Omit<PlanInput, 'name'> => {
    const { texts: _texts, templates: _templates, attackMode: _mode, ...rest } = this.#plan;
    const methods = (kind: Kind) =>
      this.chosen[kind].map((id) => {
        const chain = kind === 'attacks' ? this.chains[id] : undefined;
        if (chain) return { attack: chain.attack };
        const options = this.options[id] ?? {};
        return Object.keys(options).length > 0 ? { id, options } : { id };
      });
    const isOptional = (role: ModelRole) => this.optionalRoles.includes(role);
    // Those of the plan stay in its order.
    const given = Object.keys(rest.models.roles) as ModelRole[];
    const roles = distinct([...given, ...this.neededRoles, ...this.optionalRoles]).filter(
      (role) => !isOptional(role) || this.filled[role],
    );
    return {
      ...rest,
      seed: this.seed,
      models: {
        targets: [...this.targets],
        roles: Object.fromEntries(
          roles.map((role) => [role, isOptional(role) ? this.filled[role] : this.roles[role]]),
        ),
      },
      behaviors: this.behaviors.toPlan(),
      attacks: methods('attacks') as PlanInput['attacks'],
      defenses: this.columns.toPlan(),
      evaluators: methods('evaluators') as PlanInput['evaluators'],
      sampling: { ...rest.sampling, maxNewTokens: this.maxNewTokens },
      chatTemplate: this.template.toSettings(),
      ...((this.attackMode !== 'static' || this.#plan.attackMode) && { attackMode: this.attackMode }),
      ...(this.texts && { texts: this.texts }),
      ...(this.templates && { templates: this.templates }),
    };
  };
}
