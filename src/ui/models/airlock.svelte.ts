/** @file The airlock as the user meets it: whom to ask, then which files and how much, each time yes or no. */
import { createContext } from 'svelte';
import { failure, type Failure } from '../../core/errors.ts';
import {
  askForFiles,
  hostsOf,
  storedOnDevice,
  throughAirlock,
  type Offer,
} from '../../lab/seal/page-airlock.ts';
import type { Ledger } from '../state/ledger.svelte.ts';
import type { ModelLoads } from '../state/model-loads.svelte.ts';
import type { ModelEntry } from '../types.ts';

export interface AirlockQuestion {
  readonly model: ModelEntry;
  readonly hosts: readonly string[];
  /** `null` until the hosts have been asked for their lists of files. */
  readonly offers: readonly Offer[] | null;
}

export class Airlock {
  /** Waits for the user's answer; `null` when there is nothing to decide. */
  question = $state.raw<AirlockQuestion | null>(null);
  /** Whether the hosts are being asked for their lists. */
  asking = $state(false);
  failure = $state.raw<Failure | null>(null);
  readonly #modelLoads: Pick<ModelLoads, 'load' | 'of'>;
  readonly #ledger: Pick<Ledger, 'refresh'>;
  readonly #device: () => 'wasm' | 'webgpu';

  constructor(
    modelLoads: Pick<ModelLoads, 'load' | 'of'>,
    ledger: Pick<Ledger, 'refresh'>,
    device: () => 'wasm' | 'webgpu',
  ) {
    [this.#modelLoads, this.#ledger, this.#device] = [modelLoads, ledger, device];
  }

  /** Load a model; one that comes from outside is asked about first, unless it is on this device. */
  load = async (model: ModelEntry): Promise<void> => {
    this.failure = null;
    const hosts = hostsOf(model);
    const [stored] = hosts.length > 0 ? await storedOnDevice([model]) : [true];
    if (stored) await this.#modelLoads.load(model.id, model.task);
    else this.question = { model, hosts, offers: null };
  };

  refuse = (): void => void (this.question = null);

  /** Ask the hosts for their lists of files. */
  ask = async (): Promise<void> => {
    const { question } = this;
    if (!question || this.asking) return;
    this.asking = true;
    const offers = await this.#orFailure(() => askForFiles(question.model, this.#device()));
    this.asking = false;
    // The user may have turned away meanwhile.
    if (this.question === question) this.question = offers ? { ...question, offers } : null;
    await this.#ledger.refresh();
  };

  /** Open the airlock for what was shown, load, and close it again whatever happens. */
  agree = async ({ forGradients }: { readonly forGradients: boolean }): Promise<void> => {
    if (!this.question?.offers) return;
    const { model, offers } = this.question;
    [this.question, this.failure] = [null, null];
    const files = offers.map((offer) => ({
      folder: offer.folder,
      paths: [...offer.files, ...(forGradients ? offer.forGradients : [])].map(({ path }) => path),
    }));
    await this.#orFailure(async () => {
      const ended = throughAirlock({ model: model.id, files }, async () => {
        await this.#modelLoads.load(model.id, model.task);
        return this.#modelLoads.of(model.id).status === 'ready';
      });
      void this.#ledger.refresh();
      await ended;
    });
    await this.#ledger.refresh();
  };

  async #orFailure<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      const outcome = failure(error);
      if (outcome.status === 'failed') this.failure = outcome;
      return null;
    }
  }
}

export const [getAirlock, setAirlock] = createContext<Airlock>();
