/** @file The trial that the address names, read from the store. */
import { createContext } from 'svelte';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { Failure } from '../../core/errors.ts';
import type { OpenedTrial } from '../../lab/records/cell-page.ts';
import { keyText, type TrialKey } from '../../lab/records/trial.ts';

export class TrialView {
  opened = $state.raw<OpenedTrial | null>(null);
  failure = $state.raw<Pick<Failure, 'message' | 'advice'> | null>(null);
  readonly #lab: Pick<LabClient, 'trial'>;
  #asked = '';

  constructor(lab: Pick<LabClient, 'trial'>) {
    this.#lab = lab;
  }

  open = async (run: string, key: TrialKey): Promise<void> => {
    const asked = (this.#asked = `${run} ${keyText(key)}`);
    [this.opened, this.failure] = [null, null];
    const outcome = await this.#lab.trial(run, key);
    if (this.#asked !== asked) return;
    if (outcome.status === 'done') this.opened = outcome.value;
    else if (outcome.status === 'failed') this.failure = outcome;
  };
}

export const [getTrialView, setTrialView] = createContext<TrialView>();
