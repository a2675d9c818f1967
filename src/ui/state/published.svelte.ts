/** @file The findings that ship with the app, fetched when a page first shows them. */
import { failure, type Failure } from '../../core/errors.ts';
import { parseFindings, parseNotes, type Findings, type Notes } from '../../lab/analysis/published.ts';
import { parsePlan, type Plan } from '../../lab/plan/plan.ts';

/** What was measured, by the plan that measured it. */
export type Measured = 'attacks' | 'defenses';

/** A summary with the plan behind it and what was noted about it. */
export interface Publication {
  readonly findings: Findings;
  readonly plan: Plan;
  readonly notes: Notes[Measured];
}

type Fetch = <T>(path: string, parse: (input: unknown) => T) => Promise<T>;

export class Published {
  current = $state.raw<Readonly<Partial<Record<Measured, Publication>>>>({});
  /** Why the last look failed; `null` once it worked. */
  failure = $state.raw<Failure | null>(null);
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** Fetch what was measured of `kind`, unless it is here already. */
  want = async (kind: Measured): Promise<void> => {
    if (this.current[kind]) return;
    this.failure = null;
    try {
      const [findings, plan, notes] = await Promise.all([
        this.#fetch(`findings/${kind}.json`, parseFindings),
        this.#fetch(`plans/${kind}.json`, parsePlan),
        this.#fetch('findings/notes.json', parseNotes),
      ]);
      this.current = { ...this.current, [kind]: { findings, plan, notes: notes[kind] } };
    } catch (error) {
      const outcome = failure(error);
      this.failure = outcome.status === 'failed' ? outcome : null;
    }
  };
}
