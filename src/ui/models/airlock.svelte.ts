/** @file The airlock as the user meets it: which addresses, how much, then yes or no. */
import { airlockPrefixes, throughAirlock } from '../../lab/seal/page-airlock.ts';
import { failure, type Failure } from '../../core/errors.ts';
import type { ModelEntry } from '../types.ts';
import type { Ledger } from '../state/ledger.svelte.ts';
import type { ModelShelf } from '../state/model-loads.svelte.ts';

export interface AirlockQuestion {
  readonly model: ModelEntry;
  readonly prefixes: readonly string[];
}

export class Airlock {
  /** Waits for the user's answer; `null` when there is nothing to decide. */
  question = $state.raw<AirlockQuestion | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #shelf: Pick<ModelShelf, 'load'>;
  readonly #ledger: Pick<Ledger, 'refresh'>;

  constructor(shelf: Pick<ModelShelf, 'load'>, ledger: Pick<Ledger, 'refresh'>) {
    [this.#shelf, this.#ledger] = [shelf, ledger];
  }

  /** Load a model; one that comes from outside is asked about first. */
  load = async (model: ModelEntry): Promise<void> => {
    const prefixes = airlockPrefixes(model);
    if (prefixes.length > 0) this.question = { model, prefixes };
    else await this.#shelf.load(model.id, model.task);
  };

  refuse = (): void => void (this.question = null);

  /** Open the airlock for what was asked, load, and close it again whatever happens. */
  agree = async (): Promise<void> => {
    if (!this.question) return;
    const { model, prefixes } = this.question;
    [this.question, this.failure] = [null, null];
    try {
      const loaded = throughAirlock({ model: model.id, prefixes, bytes: model.bytes }, () =>
        this.#shelf.load(model.id, model.task),
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
