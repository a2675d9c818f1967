/** @file The class scoreboard: files that players hand in, each winning prompt asked again on this device. */
import { failure, type Failure } from '../../core/errors.ts';
import { verdictOf } from '../../lab/vault/grading.ts';
import { requestOf } from '../../lab/vault/level.ts';
import { levels } from '../../lab/vault/levels.ts';
import { ranked, readResults, scoreboardCsv, type Check, type Entry } from '../../lab/vault/results.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { readJson } from '../files.ts';
import type { LabInfo } from '../state/lab-info.svelte.ts';

/** A class, not a town. */
const mostFiles = 200;
const advice = 'Choose the files that players saved under “Save my results”.';

export class Scoreboard {
  #entries = $state.raw<readonly Entry[]>([]);
  /** Files that could not be read. */
  problems = $state.raw<readonly Failure[]>([]);
  readonly entries = $derived(ranked(this.#entries));
  readonly checking = $derived(
    this.#entries.some(({ checks }) => Object.values(checks).some((check) => check === 'waiting')),
  );
  readonly #lab: Pick<LabClient, 'chat'>;
  readonly #labInfo: Pick<LabInfo, 'catalogue'>;
  #controller = new AbortController();

  constructor(lab: Pick<LabClient, 'chat'>, labInfo: Pick<LabInfo, 'catalogue'>) {
    [this.#lab, this.#labInfo] = [lab, labInfo];
  }

  /** Read files, and ask each of their prompts again. A player's later file takes the place of an earlier one. */
  add = async (files: readonly File[]): Promise<void> => {
    this.problems = [];
    for (const file of files.slice(0, mostFiles)) {
      try {
        const { name, solved } = readResults(await readJson(file, advice), file.name);
        const checks = Object.fromEntries(solved.map(({ level }) => [level, 'waiting' as const]));
        const others = this.#entries.filter((entry) => entry.name !== name);
        this.#entries = [...others, { name, solved, checks }].slice(-mostFiles);
      } catch (error) {
        const problem = failure(error);
        if (problem.status === 'failed') this.problems = [...this.problems, problem];
      }
    }
    await this.#check();
  };

  clear = (): void => {
    this.#controller.abort();
    this.#controller = new AbortController();
    [this.#entries, this.problems] = [[], []];
  };

  csv = (): string =>
    scoreboardCsv(
      this.#entries,
      levels.map(({ id }) => id),
    );

  async #check(): Promise<void> {
    const { signal } = this.#controller;
    for (const { solved, checks } of this.#entries)
      for (const { level, prompt } of solved) {
        if (checks[level] !== 'waiting') continue;
        const check = await this.#replay(level, prompt, signal);
        if (signal.aborted) return;
        // A later file of the same player has prompts of its own.
        this.#entries = this.#entries.map((entry) =>
          entry.solved === solved ? { ...entry, checks: { ...entry.checks, [level]: check } } : entry,
        );
      }
  }

  async #replay(id: string, prompt: string, signal: AbortSignal): Promise<Check> {
    const level = levels.find((one) => one.id === id);
    const roles = this.#labInfo.catalogue?.roles;
    if (!level) return /* @wc-ignore */ 'unknown level';
    if (!roles) return /* @wc-ignore */ 'could not tell';
    const outcome = await this.#lab.chat(requestOf(level, prompt, roles), { signal });
    if (outcome.status !== 'done') return /* @wc-ignore */ 'could not tell';
    return verdictOf(level, outcome.value).opened ? 'checked' : /* @wc-ignore */ 'did not open';
  }
}
