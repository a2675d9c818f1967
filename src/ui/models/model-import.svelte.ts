/** @file One import of a model at a time, as the page sees it. Starting again supersedes the import before. */
import type { Failure } from '../../core/errors.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { pageState } from '../state/page-state.svelte.ts';

type ImportModel = LabClient['importModel'];
type Files = Parameters<ImportModel>[0];
type ImportedModel = Extract<Awaited<ReturnType<ImportModel>>, { status: 'done' }>['value'];
type Options = NonNullable<Parameters<ImportModel>[1]>;
export type ImportProgress = Parameters<NonNullable<Options['onProgress']>>[0];
export type StoredType = NonNullable<Options['dtype']>;

export class ModelImport {
  /** What is being imported; `null` when nothing is. */
  name = $state<string | null>(null);
  /** `null` until the first bytes are read. */
  progress = $state.raw<ImportProgress | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** What was imported last. */
  done = $state.raw<ImportedModel | null>(null);
  readonly #lab: Pick<LabClient, 'importModel'>;
  /** Called when a model has been stored. */
  readonly #onstored: () => Promise<void>;
  #controller: AbortController | null = null;

  constructor(lab: Pick<LabClient, 'importModel'>, onstored: () => Promise<void>) {
    [this.#lab, this.#onstored] = [lab, onstored];
  }

  start = async (files: Files, dtype: StoredType, fourBit?: boolean): Promise<void> => {
    this.cancel();
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    const [first] = files.keys();
    this.name = (first ?? '').split('/')[0]!;
    [this.progress, this.failure, this.done] = [null, null, null];
    const outcome = await this.#lab.importModel(files, {
      dtype,
      fourBit,
      signal: controller.signal,
      onProgress: (progress) => void (isCurrent() && (this.progress = progress)),
    });
    if (!isCurrent()) return;
    [this.name, this.progress, this.#controller] = [null, null, null];
    if (outcome.status === 'failed') this.failure = outcome;
    if (outcome.status !== 'done') return;
    this.done = outcome.value;
    await this.#onstored();
  };

  cancel = (): void => {
    this.#controller?.abort();
    this.#controller = null;
    [this.name, this.progress] = [null, null];
  };
}

export const getModelImport = pageState(({ lab, onstored }) => new ModelImport(lab, onstored));
