/** @file A prompt, the sample that it was taken from, and the attack on it, as the playground and the microscope have them. */
import type { Behavior } from '../../core/behavior.ts';
import { fitting, type OptionInput } from './method-pick.ts';
import type { LabInfo } from './lab-info.svelte.ts';

/** What a link carries of it. */
interface DraftLink {
  readonly prompt?: string | undefined;
  readonly set?: string | undefined;
  readonly behavior?: string | undefined;
  readonly attack?: string | undefined;
  readonly attackOptions?: OptionInput | undefined;
}

export class PromptDraft {
  prompt = $state('');
  /** The sample that the prompt was taken from; editing the prompt clears it. */
  behavior = $state.raw<Behavior | null>(null);
  attack = $state<string | null>(null);
  attackOptions = $state.raw<OptionInput>({});
  readonly #labInfo: Pick<LabInfo, 'catalogue' | 'behaviors' | 'want'>;

  constructor(labInfo: Pick<LabInfo, 'catalogue' | 'behaviors' | 'want'>) {
    this.#labInfo = labInfo;
  }

  take = (behavior: Behavior): void => {
    [this.behavior, this.prompt] = [behavior, behavior.prompt];
  };
  edit = (prompt: string): void => {
    this.prompt = prompt;
    if (this.behavior?.prompt !== prompt) this.behavior = null;
  };

  /** The parts of a link that are set here. */
  protected linked(): DraftLink {
    const { prompt, behavior, attack, attackOptions } = this;
    return {
      prompt,
      ...(behavior && { set: behavior.set, behavior: behavior.id }),
      ...(attack !== null && { attack, attackOptions }),
    };
  }

  /** A link without an attack means none, whatever was chosen here before. */
  protected takeOver(link: DraftLink): void {
    this.prompt = link.prompt ?? this.prompt;
    this.behavior = null;
    void this.#takeSample(link, this.prompt);
    const card = this.#labInfo.catalogue?.attacks.find(({ id }) => id === link.attack);
    this.attack = card?.id ?? null;
    this.attackOptions = card ? fitting(card.options, link.attackOptions ?? {}) : {};
  }

  /** The sample of a link, once its set is read and unless the user went on meanwhile. */
  async #takeSample({ set = '', behavior }: DraftLink, prompt: string): Promise<void> {
    if (!behavior || !this.#labInfo.catalogue?.sets.some(({ id }) => id === set)) return;
    await this.#labInfo.want(set);
    const sample = this.#labInfo.behaviors[set]?.find((one) => one.id === behavior && one.prompt === prompt);
    if (sample && this.prompt === prompt) this.behavior = sample;
  }
}
