/** @file A plan while it is being put together in forms. */
import { rolesNeeded, type ModelRole } from '../../core/method.ts';
import type { Catalogue } from '../../lab/api.ts';
import type { Plan, PlanInput } from '../../lab/plan.ts';
import type { TemplatePack } from '../../lab/template-pack.ts';
import { choiceOf, isValid, type OptionInput } from './method-pick.ts';

type Kind = 'attacks' | 'defenses' | 'evaluators';

/** Edits a copy; the plan it came from stays as it was. */
export class PlanDraft {
  name = $state('');
  seed = $state(0);
  target = $state('');
  roles = $state<Partial<Record<ModelRole, string>>>({});
  set = $state('');
  /** Behaviors of each kind to take. */
  limits = $state({ harmful: 0, 'benign-lookalike': 0, benign: 0 });
  maxNewTokens = $state(96);
  /** Chosen method ids, in the order of the catalogue. */
  chosen = $state<Record<Kind, string[]>>({ attacks: [], defenses: [], evaluators: [] });
  /** Option values by method id. */
  options = $state<Record<string, OptionInput>>({});
  /** Stacks of several defenses, kept from the plan as they are. */
  stacks = $state.raw<readonly Plan['defenses'][number][]>([]);
  /** Texts of attacks in place of those that ship. */
  templates = $state.raw<TemplatePack | null>(null);
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue, plan: Plan) {
    this.#catalogue = catalogue;
    this.name = plan.name;
    this.seed = plan.seed;
    this.target = plan.models.targets[0] ?? '';
    this.roles = { ...catalogue.roles, ...plan.models.roles };
    this.maxNewTokens = plan.sampling.maxNewTokens;
    this.templates = plan.templates ?? null;
    for (const source of plan.behaviors) {
      if (!('set' in source)) continue;
      this.set = source.set;
      for (const kind of source.kinds ?? (['harmful', 'benign-lookalike', 'benign'] as const))
        this.limits[kind] = source.limit ?? this.available(kind);
    }
    const singles = plan.defenses.filter(({ stack }) => stack.length === 1).flatMap(({ stack }) => stack);
    this.stacks = plan.defenses.filter(({ stack }) => stack.length > 1);
    for (const [kind, methods] of [
      ['attacks', plan.attacks],
      ['defenses', singles],
      ['evaluators', plan.evaluators],
    ] as const) {
      this.chosen[kind] = methods.map(({ id }) => id);
      for (const { id, options } of methods) this.options[id] = options;
    }
  }

  /** Behaviors of a kind that the chosen set holds. */
  available = (kind: keyof PlanDraft['limits']): number =>
    this.#catalogue.sets.find(({ id }) => id === this.set)?.counts[kind] ?? 0;

  isChosen = (kind: Kind, id: string): boolean => this.chosen[kind].includes(id);
  toggle = (kind: Kind, id: string): void => {
    this.chosen[kind] = this.#catalogue[kind]
      .map((card) => card.id)
      .filter((known) => this.isChosen(kind, known) !== (known === id));
  };

  /** Roles that the chosen methods need, each once. */
  readonly neededRoles = $derived.by((): readonly ModelRole[] => {
    const kinds: readonly Kind[] = ['attacks', 'defenses', 'evaluators'];
    const chosen = kinds.flatMap((kind) =>
      this.#catalogue[kind]
        .filter(({ id }) => this.isChosen(kind, id))
        .flatMap((card) => rolesNeeded(card, this.options[card.id])),
    );
    const inStacks = this.stacks.flatMap(({ stack }) =>
      stack.flatMap(({ id, options }) =>
        this.#catalogue.defenses
          .filter((card) => card.id === id)
          .flatMap((card) => rolesNeeded(card, options)),
      ),
    );
    const needed = [...chosen, ...inStacks];
    return needed.filter((role, index) => needed.indexOf(role) === index);
  });

  /** What is missing before it can run, in words, or `null`. */
  readonly obstacle = $derived.by((): string | null => {
    if (this.chosen.attacks.length === 0) return 'Choose at least one attack.';
    if (this.chosen.evaluators.length === 0) return 'Choose at least one evaluator.';
    if (this.limits.harmful < 1) return 'Take at least one forbidden behavior.';
    const role = this.neededRoles.find((needed) => !this.roles[needed]);
    if (role) return `Choose a model for the role “${role}”.`;
    const cards = [...this.#catalogue.attacks, ...this.#catalogue.defenses, ...this.#catalogue.evaluators];
    const wrong = cards.find((card) => !isValid(card.options, this.options[card.id] ?? {}));
    return wrong ? `Check the options of ${wrong.title}.` : null;
  });

  /** Plain data for the lab, which checks it once more. */
  toPlan = (): PlanInput => {
    const methods = (kind: Kind) =>
      this.#catalogue[kind]
        .filter(({ id }) => this.isChosen(kind, id))
        .map((card) => choiceOf(card, $state.snapshot(this.options[card.id]) ?? {}));
    const limits = Object.entries($state.snapshot(this.limits)) as [keyof PlanDraft['limits'], number][];
    return {
      version: 1,
      name: this.name,
      seed: this.seed,
      models: {
        targets: [this.target],
        roles: Object.fromEntries(this.neededRoles.map((role) => [role, this.roles[role]])),
      },
      behaviors: limits
        .filter(([, limit]) => limit > 0)
        .map(([kind, limit]) => ({ set: this.set, kinds: [kind], limit })),
      attacks: methods('attacks'),
      defenses: [...methods('defenses').map((method) => ({ stack: [method] })), ...this.stacks],
      evaluators: methods('evaluators'),
      sampling: { maxNewTokens: this.maxNewTokens },
      ...(this.templates && { templates: this.templates }),
    };
  };
}
