/** @file The playground: one prompt, one attack, and a stack of defenses that can be reordered and switched. */
import { createContext } from 'svelte';
import type { Behavior } from '../../core/behavior.ts';
import { rolesNeeded } from '../../core/method.ts';
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import { defaultSampling, type MethodChoice } from '../../lab/plan/plan.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { candidatesFor } from '../../lab/plan/find-models.ts';
import { canGrade } from '../../lab/plan/set-card.ts';
import { ChatColumn } from './chat-column.svelte.ts';
import { readPlaygroundLink, writePlaygroundLink } from '../links/setups.ts';
import { choiceOf, withoutDefaults, type OptionInput } from '../state/method-pick.ts';
import { choiceOfChip, StackDraft } from '../defenses/stack-draft.svelte.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import { samplingOf } from '../state/sampling.ts';
import { TemplateDraft } from '../state/template-draft.svelte.ts';

export interface PlaygroundEvents {
  readonly load: (model: string) => Promise<void>;
  readonly ontoken: () => void;
}

export class Playground {
  model = $state('');
  prompt = $state('');
  /** The sample that the prompt was taken from; editing the prompt clears it. */
  behavior = $state.raw<Behavior | null>(null);
  attack = $state<string | null>(null);
  attackOptions = $state.raw<OptionInput>({});
  readonly stack = new StackDraft();
  temperature = $state(defaultSampling.temperature);
  maxNewTokens = $state(defaultSampling.maxNewTokens);
  readonly template = new TemplateDraft();
  readonly defended: ChatColumn;
  readonly open: ChatColumn;
  readonly running = $derived.by(() => this.defended.running || this.open.running);
  readonly #load: PlaygroundEvents['load'];
  readonly #labInfo: Pick<LabInfo, 'catalogue'>;

  /** @param events loads a model where its progress shows; told of every token that arrives in either column */
  constructor(
    lab: Pick<LabClient, 'chat'>,
    labInfo: Pick<LabInfo, 'catalogue'>,
    { load, ontoken }: PlaygroundEvents = { load: async () => {}, ontoken: () => {} },
  ) {
    [this.defended, this.open] = [new ChatColumn(lab, ontoken), new ChatColumn(lab, ontoken)];
    [this.#labInfo, this.#load] = [labInfo, load];
  }

  take = (behavior: Behavior): void => {
    [this.behavior, this.prompt] = [behavior, behavior.prompt];
  };
  edit = (prompt: string): void => {
    this.prompt = prompt;
    if (this.behavior?.prompt !== prompt) this.behavior = null;
  };

  /** Ask both columns. Their requests share seed and sampling, so that only the defenses differ. */
  send = async (): Promise<void> => {
    const prompt = this.prompt.trim();
    if (prompt === '' || this.template.problem !== null) return;
    const { catalogue } = this.#labInfo;
    const attackCard = catalogue?.attacks.find(({ id }) => id === this.attack);
    const defenses = this.stack.active
      .filter(({ id }) => catalogue?.defenses.some((card) => card.id === id))
      .map(choiceOfChip);
    const { behavior } = this;
    const request = {
      model: this.model,
      ...(attackCard && { attack: choiceOf(attackCard, this.attackOptions) }),
      ...(behavior && { behavior }),
      roles: catalogue?.roles ?? {},
      sampling: samplingOf(this),
      chatTemplate: this.template.toSettings(),
      seed: 0,
      topTokens: 5,
      evaluators: behavior
        ? (catalogue?.evaluators ?? []).filter((card) => canGrade(card, behavior)).flatMap(evaluatorChoice)
        : [],
    };
    // Asked for at the same time, so that the answer waits for loads whose progress can be seen.
    for (const model of [this.model, ...this.#roleModels()]) void this.#load(model);
    await Promise.all([
      this.open.send(prompt, { ...request, defenses: [] }),
      ...(defenses.length > 0 ? [this.defended.send(prompt, { ...request, defenses })] : []),
    ]);
  };

  /** The models that the attack and the active defenses consult. */
  #roleModels(): readonly string[] {
    const { catalogue } = this.#labInfo;
    if (!catalogue) return [];
    const chosen = [
      ...catalogue.attacks
        .filter(({ id }) => id === this.attack)
        .map((card) => ({ card, options: this.attackOptions })),
      ...this.stack.active.flatMap(({ id, options }) =>
        catalogue.defenses.filter((card) => card.id === id).map((card) => ({ card, options })),
      ),
    ];
    return chosen
      .flatMap(({ card, options }) => rolesNeeded(card, options))
      .map((role) => catalogue.roles[role]);
  }

  stop = (): void => [this.defended, this.open].forEach((column) => column.stop());
  clear = (): void => [this.defended, this.open].forEach((column) => column.clear());

  /** What a link to this set-up carries; artifacts of defenses are too long for one. */
  toSetup = (): string =>
    writePlaygroundLink({
      model: this.model,
      prompt: this.prompt,
      ...(this.behavior && { behavior: this.behavior.id }),
      ...(this.attack !== null && { attack: this.attack, attackOptions: this.attackOptions }),
      stack: this.stack.chips.map(({ id, on, options }) => ({ id, on, options })),
    });

  /** Take over a link's set-up; anything in it that does not fit is ignored. Links are untrusted. */
  fromSetup = (setup: string): void => {
    const link = readPlaygroundLink(setup);
    const { catalogue } = this.#labInfo;
    if (!link || !catalogue) return;
    const { model, attack, stack } = link;
    if (candidatesFor('target', catalogue.models).some(({ id }) => id === model)) this.model = model!;
    this.prompt = link.prompt ?? this.prompt;
    if (catalogue.attacks.some(({ id }) => id === attack)) this.attack = attack!;
    this.attackOptions = link.attackOptions ?? this.attackOptions;
    if (stack)
      this.stack.replace(
        stack.flatMap((chip) => {
          const card = catalogue.defenses.find(({ id }) => id === chip?.id);
          if (!card) return [];
          return [
            {
              id: card.id,
              on: chip?.on !== false,
              options: withoutDefaults(card.options, chip?.options ?? {}),
            },
          ];
        }),
      );
  };
}

/** Evaluators that need no other model: cheap enough to run on every answer. */
const evaluatorChoice = (card: Catalogue['evaluators'][number]): MethodChoice[] =>
  rolesNeeded(card).length === 0 ? [{ id: card.id }] : [];

export const [getPlayground, setPlayground] = createContext<Playground>();
