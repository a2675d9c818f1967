/** @file Models that were imported into this browser, and what can be done with them. */
import { createContext } from 'svelte';
import type { Failure, Outcome } from '../../core/errors.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';

type ShelfLab = Pick<
  LabClient,
  'storedModels' | 'verifyModel' | 'renameModel' | 'pinModel' | 'exportModel' | 'removeModel'
>;
type Listed = Extract<Awaited<ReturnType<ShelfLab['storedModels']>>, { status: 'done' }>['value'];
export type StoredModel = Listed[number];

export class ModelShelf {
  models = $state.raw<readonly StoredModel[]>([]);
  failure = $state.raw<Failure | null>(null);
  /** Model that is being worked on. */
  busy = $state<string | null>(null);
  /** Models whose files were compared with their hashes in this visit, and found right. */
  verified = $state.raw<readonly string[]>([]);
  readonly #lab: ShelfLab;
  /** Called when the list has changed. */
  readonly #onchange: () => Promise<void>;

  constructor(lab: ShelfLab, onchange: () => Promise<void>) {
    [this.#lab, this.#onchange] = [lab, onchange];
  }

  of = (id: string): StoredModel | null => this.models.find((model) => model.id === id) ?? null;

  refresh = async (): Promise<void> => {
    const outcome = await this.#lab.storedModels();
    if (outcome.status === 'done') this.models = outcome.value;
    else if (outcome.status === 'failed') this.failure = outcome;
  };

  verify = async (id: string): Promise<void> => {
    const value = await this.#work(id, () => this.#lab.verifyModel(id));
    const others = this.verified.filter((other) => other !== id);
    this.verified = value === null ? others : [...others, id];
  };
  rename = (id: string, title: string) => this.#change(id, () => this.#lab.renameModel(id, title));
  pin = (id: string, isPinned: boolean) => this.#change(id, () => this.#lab.pinModel(id, isPinned));
  remove = (id: string) => this.#change(id, () => this.#lab.removeModel(id));
  /** @returns a zip file, or `null` with the reason in `failure` */
  exported = async (id: string): Promise<Blob | null> =>
    (await this.#work(id, () => this.#lab.exportModel(id)))?.value ?? null;

  async #change(id: string, work: () => Promise<Outcome<unknown>>): Promise<void> {
    await this.#work(id, work);
    await this.refresh();
    await this.#onchange();
  }

  async #work<T>(id: string, work: () => Promise<Outcome<T>>): Promise<{ readonly value: T } | null> {
    [this.busy, this.failure] = [id, null];
    const outcome = await work();
    this.busy = null;
    if (outcome.status === 'failed') this.failure = outcome;
    return outcome.status === 'done' ? outcome : null;
  }
}

export const [getModelShelf, setModelShelf] = createContext<ModelShelf>();
