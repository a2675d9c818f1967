/** @file Which models are being loaded or are ready, and how far each file has come. */
import type { Failure } from '../../core/errors.ts';
import type { LoadProgress } from '../../lab/api.ts';
import type { LabClient } from '../../lab/client.ts';

export interface ModelState {
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  /** In the order in which the files began to arrive. */
  readonly files: readonly LoadProgress[];
  readonly failure: Failure | null;
}
const idle: ModelState = { status: 'idle', files: [], failure: null };

export class ModelShelf {
  #states = $state.raw<Readonly<Record<string, ModelState>>>({});
  /** Loads under way; not shown, so not state. */
  #loads: Readonly<Record<string, AbortController | undefined>> = {};
  readonly #lab: Pick<LabClient, 'load'>;
  readonly ready = $derived(Object.keys(this.#states).filter((id) => this.#states[id]?.status === 'ready'));

  constructor(lab: Pick<LabClient, 'load'>) {
    this.#lab = lab;
  }

  of = (model: string): ModelState => this.#states[model] ?? idle;

  load = async (model: string): Promise<void> => {
    if (this.#loads[model]) return;
    const controller = new AbortController();
    this.#loads = { ...this.#loads, [model]: controller };
    this.#set(model, { ...idle, status: 'loading' });
    const onProgress = (progress: LoadProgress) => this.#track(model, progress);
    const outcome = await this.#lab.load(model, { signal: controller.signal, onProgress });
    // A load that was cancelled may have been started again since.
    if (this.#loads[model] !== controller) return;
    this.#loads = { ...this.#loads, [model]: undefined };
    if (outcome.status === 'cancelled') this.#set(model, idle);
    else if (outcome.status === 'failed') this.#set(model, { ...idle, status: 'failed', failure: outcome });
    else this.#set(model, { ...this.of(model), status: 'ready' });
  };

  cancel = (model: string): void => {
    this.#loads[model]?.abort();
    this.#loads = { ...this.#loads, [model]: undefined };
    this.#set(model, idle);
  };

  /** The worker was replaced: nothing is in its memory. */
  forget = (): void => {
    for (const id of Object.keys(this.#loads)) this.cancel(id);
    this.#states = {};
  };

  /** Models that a run brought into memory. */
  note = (models: readonly string[]): void => {
    for (const id of models) if (this.of(id).status !== 'ready') this.#set(id, { ...idle, status: 'ready' });
  };

  #track(model: string, progress: LoadProgress): void {
    const state = this.of(model);
    if (state.status !== 'loading') return;
    const at = state.files.findIndex(({ file }) => file === progress.file);
    this.#set(model, {
      ...state,
      files: at < 0 ? [...state.files, progress] : state.files.with(at, progress),
    });
  }

  #set(model: string, state: ModelState): void {
    this.#states = { ...this.#states, [model]: state };
  }
}
