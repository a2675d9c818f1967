/** @file The trial that the address names, read from the store. */
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { Failure } from '../../core/errors.ts';
import type { OpenedTrial } from '../../lab/records/cell-page.ts';
import type { Label } from '../../lab/records/labels.ts';
import { keyText, type TrialKey } from '../../lab/records/trial.ts';
import { planText } from '../links/plan-text.ts';
import { pageState } from '../state/page-state.svelte.ts';

export class TrialView {
  opened = $state.raw<OpenedTrial | null>(null);
  failure = $state.raw<Pick<Failure, 'message' | 'advice'> | null>(null);
  /** The plan of its run, as a link carries it; absent where it is too long. */
  carried = $state.raw<string | undefined>();
  readonly #lab: Pick<LabClient, 'trial' | 'label' | 'plan'>;
  readonly #onlabel: (run: string) => void;
  #asked = '';

  /** @param onlabel told the run whose rates have changed */
  constructor(lab: Pick<LabClient, 'trial' | 'label' | 'plan'>, onlabel: (run: string) => void) {
    [this.#lab, this.#onlabel] = [lab, onlabel];
  }

  open = async (run: string, key: TrialKey): Promise<void> => {
    const asked = (this.#asked = `${run} ${keyText(key)}`);
    [this.opened, this.failure, this.carried] = [null, null, undefined];
    const outcome = await this.#lab.trial(run, key);
    if (this.#asked !== asked) return;
    if (outcome.status === 'failed') this.failure = outcome;
    if (outcome.status !== 'done') return;
    this.opened = outcome.value;
    const text = await planText(outcome.value.plan, async () => {
      const plan = await this.#lab.plan(run);
      return plan.status === 'done' ? plan.value : null;
    });
    if (this.#asked === asked) this.carried = text ?? undefined;
  };

  isIn = async (run: string, key: TrialKey): Promise<boolean> =>
    (await this.#lab.trial(run, key)).status === 'done';

  /** What the person who looks at it said of the answer; `undefined`: nothing yet. */
  readonly label = $derived.by((): Label | undefined => {
    const score = this.opened?.record.scores['person'];
    if (score === undefined || score.label === 'unlabelled') return undefined;
    return score.value === null ? null : score.value === 1;
  });

  /** Keep what that person says of it; `undefined` takes it back. @returns whether it is kept */
  setLabel = async (run: string, key: TrialKey, label: Label | undefined): Promise<boolean> => {
    const outcome = await this.#lab.label(run, key, label);
    if (outcome.status === 'failed') this.failure = outcome;
    if (outcome.status !== 'done') return false;
    this.#onlabel(run);
    const opened = await this.#lab.trial(run, key);
    if (opened.status === 'done' && this.#asked === `${run} ${keyText(key)}`) this.opened = opened.value;
    return true;
  };
}

export const getTrialView = pageState(({ lab, run }) => new TrialView(lab, run.outdate));
