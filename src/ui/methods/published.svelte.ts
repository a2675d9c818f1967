/** @file The results that ship with the app, fetched when a page first shows them. */
import { createContext } from 'svelte';
import { outcomeOf, type Failure } from '../../core/errors.ts';
import {
  parsePublishedResults,
  parseMethodNotes,
  type PublishedResults,
  type MethodNotes,
} from '../../lab/analysis/published.ts';
import { parseHardened, type Hardened } from '../../lab/analysis/hardened.ts';
import { parsePlan, type Plan } from '../../lab/plan/plan.ts';

/**
 * The published runs, each named after its plan. `searches`: attacks that search, beside their baselines, on a model that
 * makes them.
 */
export type PublishedKind = 'attacks' | 'searches' | 'defenses';

/** A summary with its plan and its notes. */
export interface Publication {
  readonly results: PublishedResults;
  readonly plan: Plan;
  readonly notes: MethodNotes[PublishedKind];
}

type Fetch = <T>(path: string, parse: (input: unknown) => T) => Promise<T>;

export class Published {
  current = $state.raw<Readonly<Partial<Record<PublishedKind, Publication>>>>({});
  /** What training methods did to a model. */
  hardened = $state.raw<Hardened | null>(null);
  /** Why the last look failed; `null` once it worked. */
  failure = $state.raw<Failure | null>(null);
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** Fetch the results of `kind`, unless they are here already. */
  want = async (kind: PublishedKind): Promise<void> => {
    if (this.current[kind]) return;
    await this.#look(async () => {
      const [results, plan, notes] = await Promise.all([
        this.#fetch(`results/${kind}.json`, parsePublishedResults),
        this.#fetch(`plans/${kind}.json`, parsePlan),
        this.#fetch('results/notes.json', parseMethodNotes),
      ]);
      this.current = { ...this.current, [kind]: { results, plan, notes: notes[kind] } };
    });
  };

  /** Fetch what training methods did, unless it is here already. */
  wantHardened = async (): Promise<void> => {
    if (this.hardened) return;
    await this.#look(async () => {
      this.hardened = await this.#fetch('results/hardening.json', parseHardened);
    });
  };

  async #look(work: () => Promise<void>): Promise<void> {
    const outcome = await outcomeOf(work);
    this.failure = outcome.status === 'failed' ? outcome : null;
  }
}

export const [getPublished, setPublished] = createContext<Published>();
