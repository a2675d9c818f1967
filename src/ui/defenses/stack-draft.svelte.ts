/** @file A stack of defenses being edited: add, reorder, switch, set options. */
import type { MethodChoice } from '../../lab/plan/plan.ts';
import type { RunArtifact, ArtifactOrigin } from '../../lab/plan/artifacts.ts';
import type { OptionInput } from '../state/method-pick.ts';

/** An artifact that a defense learned earlier, and where it is known to come from. */
export interface LoadedArtifact extends Partial<ArtifactOrigin> {
  readonly artifact: RunArtifact['artifact'];
}

export interface DefenseChip {
  /** Distinguishes it from others of the same method while the order changes. */
  readonly key: number;
  readonly id: string;
  readonly on: boolean;
  /** Values that were set; the rest are at their defaults. */
  readonly options: OptionInput;
  /** Taken in place of learning about the model. */
  readonly loadedArtifact?: LoadedArtifact | undefined;
}

let nextKey = 0;

export class StackDraft {
  readonly falsePositives: number | undefined;
  chips = $state.raw<readonly DefenseChip[]>([]);
  /** Those that are switched on. */
  readonly active = $derived(this.chips.filter(({ on }) => on));

  /**
   * @param chips those to start with
   * @param falsePositives the rate that the plan names, which decides on defaults of detectors
   */
  constructor(chips: readonly Omit<DefenseChip, 'key'>[] = [], falsePositives?: number) {
    this.falsePositives = falsePositives;
    this.replace(chips);
  }

  replace = (chips: readonly Omit<DefenseChip, 'key'>[]): void =>
    void (this.chips = chips.map((chip) => ({ ...chip, key: nextKey++ })));
  add = (id: string): void =>
    void (this.chips = [...this.chips, { key: nextKey++, id, on: true, options: {} }]);
  remove = (index: number): void => void (this.chips = this.chips.toSpliced(index, 1));
  change = (index: number, patch: Partial<Omit<DefenseChip, 'key' | 'id'>>): void => {
    const chip = this.chips[index];
    if (chip) this.chips = this.chips.with(index, { ...chip, ...patch });
  };
  /** Move a defense by one place; moves past either end are ignored. */
  move = (index: number, by: -1 | 1): void => void (this.chips = moved(this.chips, index, by));
}

/** `items` with the one at `index` and its neighbor exchanged; unchanged where there is no neighbor. */
export function moved<T>(items: readonly T[], index: number, by: -1 | 1): readonly T[] {
  const [item, other] = [items[index], items[index + by]];
  return item === undefined || other === undefined ? items : items.with(index, other).with(index + by, item);
}

/** A chip as the lab takes it, with everything that was set and nothing else. */
export const choiceOfChip = ({ id, options, loadedArtifact }: Omit<DefenseChip, 'key'>): MethodChoice => ({
  id,
  ...(Object.keys(options).length > 0 && { options }),
  ...(loadedArtifact && { artifact: loadedArtifact.artifact }),
});
