/** @file One file of behaviors at a time: read, looked at, told what its columns hold, then stored as a set. */
import type { Failure } from '../../core/errors.ts';
import type {
  FileChoices,
  FileReport,
  SetImport as Stored,
  SetProgress,
} from '../../lab/records/stored-set.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { pageState } from '../state/page-state.svelte.ts';

type Lab = Pick<LabClient, 'readSet' | 'importSet'>;

export class SetImport {
  file = $state.raw<File | null>(null);
  title = $state('');
  /** What the user said of the file. */
  choices = $state.raw<FileChoices>({});
  /** What it holds, read as the choices say. */
  report = $state.raw<FileReport | null>(null);
  working = $state<'reading' | 'storing' | null>(null);
  progress = $state.raw<SetProgress | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** What was stored last. */
  done = $state.raw<Stored | null>(null);
  readonly total = $derived(
    this.report ? Object.values(this.report.counts).reduce((sum, count) => sum + count, 0) : 0,
  );
  readonly #lab: Lab;
  /** Called when a set has been stored. */
  readonly #onstored: () => Promise<void>;
  #controller: AbortController | null = null;

  constructor(lab: Lab, onstored: () => Promise<void>) {
    [this.#lab, this.#onstored] = [lab, onstored];
  }

  open = (file: File): Promise<void> => {
    [this.file, this.title, this.report, this.done] = [file, file.name.replace(/\.\w+$/, ''), null, null];
    return this.choose({});
  };

  /** Read the file again with other choices. */
  choose = async (choices: FileChoices): Promise<void> => {
    const { file } = this;
    if (!file) return;
    this.choices = choices;
    const { isCurrent, options } = this.#begin('reading');
    const outcome = await this.#lab.readSet(file, choices, options);
    if (!isCurrent()) return;
    this.working = null;
    if (outcome.status === 'failed') [this.failure, this.report] = [outcome, null];
    if (outcome.status === 'done') this.report = outcome.value;
  };

  store = async (): Promise<void> => {
    const { file, title, choices } = this;
    if (!file || this.total === 0) return;
    const { isCurrent, options } = this.#begin('storing');
    const outcome = await this.#lab.importSet(file, { title, choices }, options);
    if (!isCurrent()) return;
    this.working = null;
    if (outcome.status === 'failed') this.failure = outcome;
    if (outcome.status !== 'done') return;
    [this.done, this.file, this.report] = [outcome.value, null, null];
    await this.#onstored();
  };

  /** Stop what is going on, and put the file away. */
  close = (): void => {
    this.#controller?.abort();
    this.#controller = null;
    [this.file, this.report, this.working, this.progress, this.failure] = [null, null, null, null, null];
  };

  #begin(working: 'reading' | 'storing') {
    this.#controller?.abort();
    const controller = (this.#controller = new AbortController());
    const isCurrent = () => this.#controller === controller;
    [this.working, this.progress, this.failure] = [working, null, null];
    const onProgress = (progress: SetProgress) => void (isCurrent() && (this.progress = progress));
    return { isCurrent, options: { signal: controller.signal, onProgress } };
  }
}

export const getSetImport = pageState(({ lab, onsetstored }) => new SetImport(lab, onsetstored));
