/** @file One download of a hub's model at a time, as the page sees it: what arrives, what is stored, what was cut off. */
import { createContext } from 'svelte';
import type { Failure, Outcome } from '../../core/errors.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { begunDownloads, dropDownload, type BegunDownload } from '../../lab/seal/page-airlock.ts';

type HubLab = Pick<LabClient, 'downloadHubModel' | 'importHubModel'>;
export type HubModelFiles = Parameters<HubLab['downloadHubModel']>[0];
type StoredModel = Extract<Awaited<ReturnType<HubLab['importHubModel']>>, { status: 'done' }>['value'];

interface Progress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
}

export class HubDownload {
  /** What is being brought; `null` when nothing is. */
  name = $state<string | null>(null);
  phase = $state<'downloading' | 'storing'>('downloading');
  /** `null` until the first bytes have arrived. */
  progress = $state.raw<Progress | null>(null);
  /** How long the hub asked to wait, in milliseconds; `null` while bytes arrive. */
  waitMs = $state<number | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** Title of the model that was stored last. */
  done = $state<string | null>(null);
  /** Downloads that were cut off or cancelled: what has arrived is kept until it is deleted. */
  begun = $state.raw<readonly BegunDownload[]>([]);
  readonly #lab: HubLab;
  /** Called when a model has been stored. */
  readonly #onstored: () => Promise<void>;
  #controller: AbortController | null = null;

  constructor(lab: HubLab, onstored: () => Promise<void>) {
    [this.#lab, this.#onstored] = [lab, onstored];
  }

  /** Download what is not here yet. To be called with the airlock open. @returns whether all of it has arrived */
  download = async (files: HubModelFiles): Promise<boolean> => {
    this.cancel();
    [this.failure, this.done] = [null, null];
    const outcome = await this.#work(files, 'downloading', (signal, isCurrent) =>
      this.#lab.downloadHubModel(files, {
        signal,
        onProgress: (progress) => {
          if (isCurrent()) [this.progress, this.waitMs] = [progress, progress.waitMs];
        },
      }),
    );
    if (outcome?.status !== 'done') await this.look();
    return outcome?.status === 'done';
  };

  /** Store what was downloaded. @returns `null` when it could not be, or was cancelled */
  store = async (files: HubModelFiles): Promise<StoredModel | null> => {
    const outcome = await this.#work(files, 'storing', (signal, isCurrent) =>
      this.#lab.importHubModel(files, {
        signal,
        onProgress: (progress) => void (isCurrent() && (this.progress = progress)),
      }),
    );
    await this.look();
    if (outcome?.status !== 'done') return null;
    this.done = outcome.value.title;
    await this.#onstored();
    return outcome.value;
  };

  cancel = (): void => {
    this.#controller?.abort();
    this.#controller = null;
    this.#clear();
  };

  look = async (): Promise<void> => void (this.begun = (await begunDownloads()).filter(isOfStore));

  drop = async ({ folder }: BegunDownload): Promise<void> => {
    await dropDownload(folder);
    await this.look();
  };

  async #work<T>(
    { name }: HubModelFiles,
    phase: HubDownload['phase'],
    work: (signal: AbortSignal, isCurrent: () => boolean) => Promise<Outcome<T>>,
  ): Promise<Outcome<T> | null> {
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    [this.name, this.phase, this.progress, this.waitMs] = [name, phase, null, null];
    const outcome = await work(controller.signal, isCurrent);
    if (!isCurrent()) return null;
    this.#controller = null;
    this.#clear();
    if (outcome.status === 'failed') this.failure = outcome;
    return outcome;
  }

  #clear(): void {
    [this.name, this.progress, this.waitMs] = [null, null, null];
  }
}

/** True for a download that becomes a stored model: engines take up theirs when the model is loaded. */
const isOfStore = ({ paths }: BegunDownload): boolean =>
  paths.some((path) => /\.(safetensors|gguf|onnx)$/.test(path));

export const [getHubDownload, setHubDownload] = createContext<HubDownload>();
