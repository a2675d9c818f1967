/** @file The plan that the address carries, and what its run is called on this device. */
import { failure, type Failure } from '../../core/errors.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { pageState } from '../state/page-state.svelte.ts';
import { readPlanText } from './plan-text.ts';

/** Follows one address at a time. */
export class LinkedPlan {
  plan = $state.raw<Plan | null>(null);
  /** Equal to the id in the link where it was made on the same kind of device. */
  run = $state.raw<string | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #lab: Pick<LabClient, 'runId'>;
  #text: string | undefined;

  constructor(lab: Pick<LabClient, 'runId'>) {
    this.#lab = lab;
  }

  /** @param text `undefined` for an address without a plan */
  read = async (text: string | undefined): Promise<void> => {
    if (text === this.#text) return;
    this.#text = text;
    [this.plan, this.run, this.failure] = [null, null, null];
    if (text === undefined) return;
    try {
      const plan = await readPlanText(text);
      const run = await this.#lab.runId(plan);
      if (this.#text === text) [this.plan, this.run] = [plan, run];
    } catch (error) {
      const outcome = failure(error);
      if (this.#text === text && outcome.status === 'failed') this.failure = outcome;
    }
  };
}

export const getLinkedPlan = pageState(({ lab }) => new LinkedPlan(lab));
