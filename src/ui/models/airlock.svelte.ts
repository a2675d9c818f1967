/** @file The airlock as the user meets it: which addresses, how much, then yes or no. */
import { createContext } from 'svelte';
import { airlockPrefixes, throughAirlock } from '../../lab/seal/page-airlock.ts';
import { failure, type Failure } from '../../core/errors.ts';
import type { ModelEntry } from '../types.ts';
import type { Ledger } from '../state/ledger.svelte.ts';
import type { ModelLoads } from '../state/model-loads.svelte.ts';

export interface AirlockQuestion {
  readonly model: ModelEntry;
  readonly prefixes: readonly string[];
}

export class Airlock {
  /** Waits for the user's answer; `null` when there is nothing to decide. */
  question = $state.raw<AirlockQuestion | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #modelLoads: Pick<ModelLoads, 'load'>;
  readonly #ledger: Pick<Ledger, 'refresh'>;

  constructor(modelLoads: Pick<ModelLoads, 'load'>, ledger: Pick<Ledger, 'refresh'>) {
    [this.#modelLoads, this.#ledger] = [modelLoads, ledger];
  }

  /** Load a model; one that comes from outside is asked about first. */
  load = async (model: ModelEntry): Promise<void> => {
    const prefixes = airlockPrefixes(model);
    if (prefixes.length > 0) this.question = { model, prefixes };
    else await this.#modelLoads.load(model.id, model.task);
  };

  refuse = (): void => void (this.question = null);

  /** Open the airlock for what was asked, load, and close it again whatever happens. */
  agree = async (): Promise<void> => {
    if (!this.question) return;
    const { model, prefixes } = this.question;
    [this.question, this.failure] = [null, null];
    try {
      const loaded = throughAirlock({ model: model.id, prefixes, bytes: model.bytes }, () =>
        this.#modelLoads.load(model.id, model.task),
      );
      void this.#ledger.refresh();
      await loaded;
    } catch (error) {
      const outcome = failure(error);
      if (outcome.status === 'failed') this.failure = outcome;
    }
    await this.#ledger.refresh();
  };
}

export const [getAirlock, setAirlock] = createContext<Airlock>();
