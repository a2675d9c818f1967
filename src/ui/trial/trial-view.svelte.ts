/** @file The trial that the address names, from the run in view or from the store. */
import { createContext } from 'svelte';
import type { LabClient } from '../../lab/worker/client.ts';
import type { Failure } from '../../core/errors.ts';
import type { Plan } from '../../lab/plan/plan.ts';
import { keyText, type TrialKey, type TrialRecord } from '../../lab/records/trial.ts';

/** A run that is in memory already. */
interface KnownRun {
  readonly id: string | null;
  readonly plan: Plan | null;
  readonly records: readonly TrialRecord[];
}

export class TrialView {
  record = $state.raw<TrialRecord | null>(null);
  plan = $state.raw<Plan | null>(null);
  /** Neighbors in the same cell, for stepping through. */
  cell = $state.raw<readonly TrialRecord[]>([]);
  failure = $state.raw<Pick<Failure, 'message' | 'advice'> | null>(null);
  readonly #lab: Pick<LabClient, 'runs' | 'trials'>;
  #asked = '';

  constructor(lab: Pick<LabClient, 'runs' | 'trials'>) {
    this.#lab = lab;
  }

  open = async (run: string, key: TrialKey, sessions: readonly KnownRun[]): Promise<void> => {
    const asked = (this.#asked = `${run} ${keyText(key)}`);
    [this.record, this.failure] = [null, null];
    const here = sessions.find(({ id }) => id === run);
    const source = here?.plan ? { plan: here.plan, records: here.records } : await this.#fetch(run);
    if (this.#asked !== asked) return;
    const record = source?.records.find((candidate) => keyText(candidate) === keyText(key)) ?? null;
    this.plan = source?.plan ?? null;
    this.record = record;
    this.cell =
      source?.records.filter(
        ({ model, attack, defense, behaviorDetail }) =>
          model === key.model &&
          attack === key.attack &&
          defense === key.defense &&
          behaviorDetail.kind === record?.behaviorDetail.kind,
      ) ?? [];
    if (!record)
      this.failure = {
        message: source ? 'This run has not finished this trial.' : 'This device does not hold this run.',
        advice:
          'Trials stay on the device that made them. Run the same plan with the same seed to get the same trial.',
      };
  };

  async #fetch(run: string): Promise<{ plan: Plan; records: readonly TrialRecord[] } | null> {
    const [runs, trials] = await Promise.all([this.#lab.runs(), this.#lab.trials(run)]);
    const info = runs.status === 'done' ? runs.value.find(({ id }) => id === run) : undefined;
    return info && trials.status === 'done' ? { plan: info.plan, records: trials.value } : null;
  }
}

export const [getTrialView, setTrialView] = createContext<TrialView>();
