/** @file Whether the further options of a form are unfolded. */
import type { OptionsSpec } from '../../core/options.ts';

/** Where one of them is set they are, until the reader folds or changes them: that must not move what is being read. */
export class OptionFold {
  #left = $state.raw<{ readonly of: OptionsSpec; readonly open: boolean } | null>(null);
  readonly #options: () => OptionsSpec;
  readonly #isSet: () => boolean;

  /**
   * @param options of the method in the form
   * @param isSet whether one of those that fold is
   */
  constructor(options: () => OptionsSpec, isSet: () => boolean) {
    [this.#options, this.#isSet] = [options, isSet];
  }

  get open(): boolean {
    return this.#left?.of === this.#options() ? this.#left.open : this.#isSet();
  }

  /** Keep it so for this method. Default: as it is. */
  leave = (open = this.open): void => void (this.#left = { of: this.#options(), open });
}
