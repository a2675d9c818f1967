/** @file Which models are loading or ready, and the progress of each file. */
import { createContext } from 'svelte';
import type { Failure } from '../../core/errors.ts';
import type { LoadProgress } from '../../lab/records/events.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { ModelTask } from '../types.ts';

export interface ModelState {
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  /** In the order in which the files began to arrive. */
  readonly files: readonly LoadProgress[];
  readonly failure: Failure | null;
}
const idle: ModelState = { status: 'idle', files: [], failure: null };

export class ModelLoads {
  #states = $state.raw<Readonly<Record<string, ModelState>>>({});
  /** Loads under way; not shown, so not state. */
  #loads: Readonly<Record<string, AbortController | undefined>> = {};
  readonly #lab: Pick<LabClient, 'load'>;
  readonly ready = $derived(Object.keys(this.#states).filter((id) => this.#states[id]?.status === 'ready'));

  /** The model whose files are coming in, with the bytes so far; `null` when none is. */
  readonly underway = $derived.by(() => {
    const coming = Object.entries(this.#states).find(
      ([, { status, files }]) => status === 'loading' && files.length > 0,
    );
    if (!coming) return null;
    const [id, { files }] = coming;
    return { id, bytes: files.reduce((sum, { loadedBytes }) => sum + loadedBytes, 0) };
  });

  /** In which precision each loaded model computes, and why, by id. */
  computing = $state.raw<Awaited<ReturnType<LabClient['computing']>>>({});
  readonly #askComputing: LabClient['computing'];

  /** @param computing what the loaded models compute in; default: nothing is known */
  constructor(lab: Pick<LabClient, 'load'>, computing: LabClient['computing'] = () => Promise.resolve({})) {
    [this.#lab, this.#askComputing] = [lab, computing];
  }

  of = (model: string): ModelState => this.#states[model] ?? idle;

  /** @param task what a model outside the catalogue does */
  load = async (model: string, task: ModelTask = 'text-generation'): Promise<void> => {
    if (this.#loads[model]) return;
    const controller = new AbortController();
    this.#loads = { ...this.#loads, [model]: controller };
    this.#set(model, { ...idle, status: 'loading' });
    const onProgress = (progress: LoadProgress) => this.#track(model, progress);
    const outcome = await this.#lab.load(model, { signal: controller.signal, task, onProgress });
    // A load that was cancelled may have been started again since.
    if (this.#loads[model] !== controller) return;
    this.#loads = { ...this.#loads, [model]: undefined };
    if (outcome.status === 'cancelled') this.#set(model, idle);
    else if (outcome.status === 'failed') this.#set(model, { ...idle, status: 'failed', failure: outcome });
    else {
      this.#set(model, { ...this.of(model), status: 'ready' });
      this.computing = await this.#askComputing();
    }
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

export const [getModelLoads, setModelLoads] = createContext<ModelLoads>();
