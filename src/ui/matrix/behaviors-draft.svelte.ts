/** @file The behaviors of a plan being edited: one set in fields, everything else unchanged. */
import type { BehaviorKind } from '../../core/behavior.ts';
import type { BehaviorSetCard } from '../../lab/plan/set-card.ts';
import type { Plan, PlanInput } from '../../lab/plan/plan.ts';
import { plannedCounts } from './matrix-table.ts';

type Source = Plan['behaviors'][number];

const none = { harmful: 0, 'benign-lookalike': 0, benign: 0 };

export class BehaviorsDraft {
  set = $state('');
  /** Behaviors of each kind to take from the set. */
  limits = $state<Record<BehaviorKind, number>>({ ...none });
  /** Sources of other sets, and behaviors that the plan itself holds. */
  others = $state.raw<readonly Source[]>([]);
  readonly #given: readonly Source[];
  readonly #givenSet: string;
  readonly #givenLimits: string;
  /** True if the seed draws the behaviors of the given set. */
  readonly isDrawn: boolean;
  readonly #sets: readonly BehaviorSetCard[];

  constructor(sets: readonly BehaviorSetCard[], sources: readonly Source[]) {
    [this.#sets, this.#given] = [sets, sources];
    const named = sources.find((source) => 'set' in source)?.set;
    this.#givenSet = this.set = named ?? sets[0]?.id ?? '';
    const own = sources.filter(this.#isOwn);
    this.limits = { ...none, ...plannedCounts({ behaviors: own }, sets) };
    this.#givenLimits = JSON.stringify(this.limits);
    this.isDrawn = own.some((source) => 'set' in source && source.drawn === true);
    this.others = sources.filter((source) => !this.#isOwn(source));
  }

  #isOwn = (source: Source): boolean => 'set' in source && source.set === this.#givenSet;

  /** Behaviors of a kind that the chosen set holds. */
  available = (kind: BehaviorKind): number => this.#sets.find(({ id }) => id === this.set)?.counts[kind] ?? 0;

  /** Names what an imported set holds, so that the plan means just that. */
  readonly #content = $derived.by(() => this.#sets.find(({ id }) => id === this.set)?.sha256);

  /** What is chosen, whether or not its set is here. */
  readonly chosen = $derived.by((): Plan['behaviors'] => [
    ...this.others,
    ...(Object.values(this.limits).some((limit) => limit > 0) ? [{ set: this.set }] : []),
  ]);

  /** Remove a source that has no fields. */
  drop = (source: Source): void => void (this.others = this.others.filter((other) => other !== source));

  /** How many behaviors of each kind a source holds. */
  countsOf = (source: Source): Readonly<Record<BehaviorKind, number>> =>
    plannedCounts({ behaviors: [source] }, this.#sets);

  readonly harmful = $derived.by(
    () => this.limits.harmful + plannedCounts({ behaviors: this.others }, this.#sets).harmful,
  );

  /** The sources as they were given where nothing was changed: a set that is taken whole stays whole as it grows. */
  toPlan = (): PlanInput['behaviors'] => {
    const limits = $state.snapshot(this.limits);
    const untouched = this.set === this.#givenSet && JSON.stringify(limits) === this.#givenLimits;
    const fresh = (Object.entries(limits) as [BehaviorKind, number][])
      .filter(([, limit]) => limit > 0)
      .map(([kind, limit]) => ({
        set: this.set,
        ...(this.#content !== undefined && { sha256: this.#content }),
        kinds: [kind],
        limit,
        ...(this.isDrawn && { drawn: true as const }),
      }));
    const first = this.#given.findIndex(this.#isOwn);
    const given = this.#given.flatMap((source, i): PlanInput['behaviors'] => {
      if (!this.#isOwn(source)) return this.others.includes(source) ? [source] : [];
      // What an imported set holds now is what is chosen, whatever it held when the plan was written.
      if (untouched) return [this.#content === undefined ? source : { ...source, sha256: this.#content }];
      return i === first ? fresh : [];
    });
    return first < 0 ? [...given, ...fresh] : given;
  };
}
