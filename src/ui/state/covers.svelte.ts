/** @file Whether answers to harmful behaviors are shown. */
import { createContext } from 'svelte';
import type { BehaviorKind } from '../../core/behavior.ts';
import type { Catalogue } from '../../lab/plan/catalogue.ts';
import { knowsTinytown } from '../../lab/plan/find-models.ts';

/** An answer, or answers that are shown together. */
interface Shown {
  readonly kind: BehaviorKind;
  readonly model: string;
  /** Of the behavior; absent for what a user wrote. */
  readonly set?: string | undefined;
  /** True if all that there is declines. */
  readonly declined?: boolean;
}

/**
 * What may do harm outside of the lab's own fiction is covered until the user uncovers it; one decision holds for every
 * answer of the visit.
 */
export class Covers {
  lifted = $state(false);
  readonly #catalogue: () => Catalogue | null;

  constructor(catalogue: () => Catalogue | null) {
    this.#catalogue = catalogue;
  }

  covers = ({ kind, model, set, declined = false }: Shown): boolean =>
    kind === 'harmful' && !this.lifted && !declined && !this.#isFiction(model, set);
  lift = (): void => void (this.lifted = true);
  lower = (): void => void (this.lifted = false);

  /** Tinytown is made up, and so is every set that ships. */
  #isFiction(model: string, set: string | undefined): boolean {
    const { models = [], sets = [] } = this.#catalogue() ?? {};
    return (
      models.some((entry) => entry.id === model && knowsTinytown(entry)) ||
      sets.some(({ id, sha256 }) => id === set && sha256 === undefined)
    );
  }
}

/** True if a defense declined in place of the model, or the refusal patterns of the lab find a refusal. */
export const isDeclined = (
  finishReason: string,
  scores: Readonly<Record<string, { readonly value: number | null }>>,
): boolean => finishReason === 'blocked' || scores['pattern-refusal']?.value === 1;

export const [getCovers, setCovers] = createContext<Covers>();
