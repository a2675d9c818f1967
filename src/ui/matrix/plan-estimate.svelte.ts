/** @file What the plan that is being edited will take, as far as the lab has told. */
import type { PlanInput } from '../../lab/plan/plan.ts';
import { estimateText } from '../../lab/records/run-estimate.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';

/** What takes a while is done once the plan has not changed for so long, ms. */
export const settledMs = 400;

/** Follows one plan at a time. */
export class PlanEstimate {
  /** In one line; empty before the first estimate, or why there is none. */
  text = $state('');
  working = $state(false);
  readonly #lab: Pick<LabClient, 'estimate'>;

  constructor(lab: Pick<LabClient, 'estimate'>) {
    this.#lab = lab;
  }

  /** @returns how to stop, for when the plan changes */
  follow = (plan: PlanInput): (() => void) => {
    const stopping = new AbortController();
    const timer = setTimeout(async () => {
      this.working = true;
      const outcome = await this.#lab.estimate(plan, { signal: stopping.signal });
      if (stopping.signal.aborted) return;
      this.working = false;
      this.text =
        outcome.status === 'done'
          ? estimateText(outcome.value)
          : outcome.status === 'failed'
            ? outcome.message
            : '';
    }, settledMs);
    return () => {
      clearTimeout(timer);
      stopping.abort();
      this.working = false;
    };
  };
}
