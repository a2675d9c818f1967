/** @file The playground: one prompt, one attack, and a stack of defenses that can be reordered and switched. */
import { createContext } from 'svelte';
import { rolesNeeded } from '../../core/method.ts';
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import { defaultSampling, type MethodChoice } from '../../lab/plan/plan.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { candidatesFor } from '../../lab/plan/find-models.ts';
import { canGrade } from '../../lab/plan/set-card.ts';
import { ChatColumn } from './chat-column.svelte.ts';
import type { KeptTurns } from './kept-turns.ts';
import { readPlaygroundLink, writePlaygroundLink } from '../links/setups.ts';
import { choiceOf, fitting, withoutDefaults } from '../state/method-pick.ts';
import { PromptDraft } from '../state/prompt-draft.svelte.ts';
import { choiceOfChip, StackDraft } from '../defenses/stack-draft.svelte.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import type { ModelEntry } from '../types.ts';
import { samplingOf } from '../state/sampling.ts';
import { TemplateDraft } from '../state/template-draft.svelte.ts';

export interface PlaygroundEvents {
  readonly load: (model: string) => Promise<void>;
  readonly ontoken: () => void;
}

interface LabInfoPart extends Pick<LabInfo, 'catalogue' | 'behaviors' | 'want'> {
  readonly models: readonly ModelEntry[];
}

/** What the page opens on. */
const example = { set: 'tinytown', attack: 'assistant-prefix', defense: 'safe-decoding' } as const;

export class Playground extends PromptDraft {
  model = $state('');
  readonly stack = new StackDraft();
  temperature = $state(defaultSampling.temperature);
  maxNewTokens = $state(defaultSampling.maxNewTokens);
  readonly template = new TemplateDraft();
  readonly defended: ChatColumn;
  readonly open: ChatColumn;
  readonly running = $derived.by(() => this.defended.running || this.open.running);
  readonly #load: PlaygroundEvents['load'];
  readonly #labInfo: LabInfoPart;
  readonly #kept: KeptTurns | null;
  /** The model of a link that is not here. */
  missing = $state<string | null>(null);

  /**
   * @param events loads a model where its progress shows; told of every token that arrives in either column
   * @param kept keeps the conversation over a reload, and gives back that of before
   */
  constructor(
    lab: Pick<LabClient, 'chat'>,
    labInfo: LabInfoPart,
    { load, ontoken }: PlaygroundEvents = { load: async () => {}, ontoken: () => {} },
    kept: KeptTurns | null = null,
  ) {
    super(labInfo);
    [this.defended, this.open] = [new ChatColumn(lab, ontoken), new ChatColumn(lab, ontoken)];
    [this.#labInfo, this.#load, this.#kept] = [labInfo, load, kept];
    const before = kept?.read();
    if (!before) return;
    this.open.restore(before.open);
    this.defended.restore(before.defended);
  }

  /** Where nothing was chosen yet: a forbidden request, an attack that gets through, and a defense that stops it. */
  showExample = async (): Promise<void> => {
    const isUntouched = () => this.prompt === '' && this.attack === null && this.stack.chips.length === 0;
    if (!isUntouched() || this.open.turns.length > 0) return;
    await this.#labInfo.want(example.set);
    const sample = this.#labInfo.behaviors[example.set]?.find(({ kind }) => kind === 'harmful');
    if (!sample || !isUntouched()) return;
    this.take(sample);
    this.attack = example.attack;
    this.stack.add(example.defense);
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
        : [{ id: 'pattern-refusal' }],
    };
    // Asked for at the same time, so that the answer waits for loads whose progress can be seen.
    for (const model of [this.model, ...this.#roleModels()]) void this.#load(model);
    await Promise.all([
      this.open.send(prompt, { ...request, defenses: [] }),
      ...(defenses.length > 0 ? [this.defended.send(prompt, { ...request, defenses })] : []),
    ]);
    const last = this.open.turns.at(-1);
    if (defenses.length === 0 && last && this.defended.turns.length < this.open.turns.length)
      this.defended.share(last);
    this.#kept?.write(this.open.turns, this.defended.turns);
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
  clear = (): void => {
    [this.defended, this.open].forEach((column) => column.clear());
    this.#kept?.write([], []);
  };

  /** What a link to this set-up carries; artifacts of defenses are too long for one. */
  toSetup = (): string =>
    writePlaygroundLink({
      model: this.model,
      ...this.linked(),
      stack: this.stack.chips.map(({ id, on, options }) => ({ id, on, options })),
      temperature: this.temperature,
      maxNewTokens: this.maxNewTokens,
    });

  /**
   * Take over a link's set-up; anything in it that does not fit is ignored, and `missing` says what is not here. Links are
   * untrusted.
   */
  fromSetup = (setup: string): void => {
    const link = readPlaygroundLink(setup);
    const { catalogue, models } = this.#labInfo;
    if (!link || !catalogue) return;
    const { model, stack } = link;
    const isHere = candidatesFor('target', models).some(({ id }) => id === model);
    if (isHere) this.model = model!;
    this.missing = model === undefined || model === '' || isHere ? null : model;
    this.takeOver(link);
    this.temperature = link.temperature ?? this.temperature;
    this.maxNewTokens = link.maxNewTokens ?? this.maxNewTokens;
    // A link without defenses means none, whatever was chosen here before.
    this.stack.replace(
      (stack ?? []).flatMap((chip) => {
        const card = catalogue.defenses.find(({ id }) => id === chip?.id);
        if (!card) return [];
        return [
          {
            id: card.id,
            on: chip?.on !== false,
            options: withoutDefaults(card.options, fitting(card.options, chip?.options ?? {})),
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
