/** @file The behavior sets that the user brought to this device. */
import { createContext } from 'svelte';
import type { Failure, Outcome } from '../../core/errors.ts';
import type { StoredSet } from '../../lab/records/stored-set.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';

type Lab = Pick<LabClient, 'storedSets' | 'renameSet' | 'exportSet' | 'removeSet'>;

export class StoredSets {
  sets = $state.raw<readonly StoredSet[]>([]);
  failure = $state.raw<Failure | null>(null);
  readonly #lab: Lab;
  /** Called when a set was renamed or deleted. */
  readonly #onchange: (id: string) => Promise<void>;

  constructor(lab: Lab, onchange: (id: string) => Promise<void>) {
    [this.#lab, this.#onchange] = [lab, onchange];
  }

  refresh = async (): Promise<void> => {
    this.sets = this.#valueOf(await this.#lab.storedSets()) ?? this.sets;
  };
  rename = (id: string, title: string): Promise<void> =>
    this.#change(id, () => this.#lab.renameSet(id, title));
  remove = (id: string): Promise<void> => this.#change(id, () => this.#lab.removeSet(id));
  /** As a file; `null` when it cannot be had. */
  exported = async (id: string): Promise<Blob | null> => this.#valueOf(await this.#lab.exportSet(id)) ?? null;

  async #change(id: string, work: () => Promise<Outcome<void>>): Promise<void> {
    this.#valueOf(await work());
    await Promise.all([this.refresh(), this.#onchange(id)]);
  }
  #valueOf<T>(outcome: Outcome<T>): T | undefined {
    this.failure = outcome.status === 'failed' ? outcome : null;
    return outcome.status === 'done' ? outcome.value : undefined;
  }
}

export const [getStoredSets, setStoredSets] = createContext<StoredSets>();
