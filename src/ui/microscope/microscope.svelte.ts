/** @file The microscope: one prompt, its answer under one or two policies, and the token in view. */
import { defaultSampling } from '../../lab/plan/plan.ts';
import { createContext } from 'svelte';
import { rolesNeeded } from '../../core/method.ts';
import type { ChatRequest } from '../../lab/plan/request.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { candidatesFor, knowsTinytown } from '../../lab/plan/find-models.ts';
import { partAt } from './traces.ts';
import { distinct } from '../../core/groups.ts';
import type { OnFrame } from '../state/frames.ts';
import { readMicroscopeLink, writeMicroscopeLink, type MicroscopeLink } from '../links/setups.ts';
import { choiceOf, fitting } from '../state/method-pick.ts';
import { PromptDraft } from '../state/prompt-draft.svelte.ts';
import { Lane } from './microscope-lane.svelte.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';
import { samplingOf } from '../state/sampling.ts';

export interface MicroscopeParts {
  readonly load: (model: string) => Promise<void>;
  readonly onframe: OnFrame;
  readonly ontoken: () => void;
}

type LabInfoPart = Pick<LabInfo, 'catalogue' | 'quickstart' | 'models' | 'behaviors' | 'want'>;

/** Alternatives recorded per token. */
const topTokens = 20;
const page = 10;

export class Microscope extends PromptDraft {
  model = $state('');
  /** The model whose answers are shown. */
  asked = $state('');
  system = $state('');
  temperature = $state(defaultSampling.temperature);
  maxNewTokens = $state(128);
  seed = $state(0);
  /** Whether the second lane is shown. */
  compare = $state(true);
  /** Index of the token in view, the same in both lanes. */
  cursor = $state(0);
  /** Index of a token that stays in view beside it. */
  pinned = $state<number | null>(null);
  readonly lanes: readonly [Lane, Lane];
  readonly shown = $derived.by(() => (this.compare ? this.lanes : this.lanes.slice(0, 1)));
  readonly length = $derived.by(() => Math.max(0, ...this.shown.map(({ tokens }) => tokens.length)));
  readonly running = $derived.by(() => this.lanes.some(({ running }) => running));
  /** Index of the first token in which the two answers differ. */
  readonly parting = $derived.by(() =>
    this.compare ? partAt(this.lanes[0].tokens, this.lanes[1].tokens) : null,
  );
  /** Decoding defenses: what a lane can be put under. */
  readonly policies = $derived.by(
    () => this.#labInfo.catalogue?.defenses.filter(({ stage }) => stage === 'decoding') ?? [],
  );
  readonly #labInfo: LabInfoPart;
  readonly #parts: MicroscopeParts;

  constructor(lab: Pick<LabClient, 'chat'>, labInfo: LabInfoPart, parts: MicroscopeParts) {
    super(labInfo);
    [this.#labInfo, this.#parts] = [labInfo, parts];
    const lane = () => new Lane(lab, parts.onframe, parts.ontoken);
    this.lanes = [lane(), lane()];
  }

  /** Start from the usual, where nothing was chosen yet: a policy on the left, none on the right. */
  settle = (): void => {
    if (this.model !== '') return;
    const { quickstart, models } = this.#labInfo;
    this.model = quickstart?.models.targets[0] ?? models[0]?.id ?? '';
    const [left, right] = this.lanes;
    const usual = this.policies.find(({ id }) => id === 'safe-decoding') ?? this.policies[0];
    if (left.defense === '' && right.defense === '') left.pick(usual?.id ?? '');
  };

  start = async (): Promise<void> => {
    if (this.prompt.trim() === '') return;
    [this.cursor, this.pinned, this.asked] = [0, null, this.model];
    const requests = this.shown.map((lane) => this.#requestOf(lane));
    const models = requests.flatMap(({ model, roles }) => [model, ...Object.values(roles)]);
    for (const model of distinct(models)) void this.#parts.load(model);
    await Promise.all(this.shown.map((lane, index) => lane.start(requests[index]!)));
  };
  stop = (): void => this.lanes.forEach((lane) => lane.stop());

  /** Show the token at `index`, or the nearest there is. */
  look = (index: number): void => void (this.cursor = Math.max(0, Math.min(this.length - 1, index)));
  pin = (): void => void (this.pinned = this.pinned === this.cursor ? null : this.cursor);

  /** Moves the view by a key; `false` for a key that has no meaning here. */
  press = (key: string): boolean => {
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: this.cursor - 1,
      ArrowRight: this.cursor + 1,
      PageUp: this.cursor - page,
      PageDown: this.cursor + page,
      Home: 0,
      End: this.length - 1,
    };
    const index = moves[key];
    if (index !== undefined) this.look(index);
    else if (key === 'p') this.pin();
    else return false;
    return true;
  };

  #requestOf({ defense, options }: Lane): ChatRequest {
    const { catalogue } = this.#labInfo;
    const card = this.policies.find(({ id }) => id === defense);
    const attack = catalogue?.attacks.find(({ id }) => id === this.attack);
    const needed = [
      ...(card ? rolesNeeded(card, options) : []),
      ...(attack ? rolesNeeded(attack, this.attackOptions) : []),
    ];
    const { behavior } = this;
    const system = this.system.trim();
    return {
      model: this.model,
      messages: [
        ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user', content: this.prompt },
      ],
      ...(attack && { attack: choiceOf(attack, this.attackOptions) }),
      ...(behavior && { behavior }),
      defenses: card ? [choiceOf(card, options)] : [],
      roles: Object.fromEntries(needed.map((role) => [role, catalogue?.roles[role]])),
      sampling: samplingOf(this),
      seed: this.seed,
      topTokens,
    };
  }

  /** What a link to this set-up carries. @param runs whether it runs when it is opened */
  toSetup = ({ runs = false }: { readonly runs?: boolean } = {}): string =>
    writeMicroscopeLink({
      model: this.model,
      ...this.linked(),
      ...(this.system !== '' && { system: this.system }),
      lanes: this.lanes.map(({ defense, options }) => ({ defense, options })),
      compare: this.compare,
      seed: this.seed,
      temperature: this.temperature,
      maxNewTokens: this.maxNewTokens,
      ...(runs && { runs }),
    });

  /**
   * Take over a link's set-up; anything in it that does not fit is ignored. Links are untrusted.
   * @returns whether it is to run at once
   */
  fromSetup = (setup: string): boolean => {
    const link = readMicroscopeLink(setup);
    if (!link || !this.#labInfo.catalogue) return false;
    const { model, lanes } = link;
    if (candidatesFor('target', this.#labInfo.models).some(({ id }) => id === model)) {
      this.settle();
      this.model = model!;
    }
    this.takeOver(link);
    // A link with a prompt and no system prompt means none, whatever was typed here before.
    if (link.prompt !== undefined) this.system = link.system ?? '';
    this.compare = link.compare ?? this.compare;
    if (lanes) this.lanes.forEach((lane, index) => this.#fill(lane, lanes[index] ?? null));
    this.seed = link.seed ?? this.seed;
    this.maxNewTokens = link.maxNewTokens ?? this.maxNewTokens;
    this.temperature = link.temperature ?? this.temperature;
    const asked = this.#labInfo.models.find(({ id }) => id === this.model);
    return link.runs === true && asked !== undefined && knowsTinytown(asked);
  };

  #fill(lane: Lane, link: NonNullable<MicroscopeLink['lanes']>[number]): void {
    if (!link) return;
    const card = this.policies.find(({ id }) => id === link.defense);
    if (card || link.defense === '') lane.pick(card?.id ?? '');
    if (card && link.options) lane.options = fitting(card.options, link.options);
  }
}

export const [getMicroscope, setMicroscope] = createContext<Microscope>();
