/** @file Saves the prompts of an attack that needs no model for them, one per harmful behavior of a set, as a file. */
import { createContext } from 'svelte';
import type { Failure } from '../../core/errors.ts';
import type { MutateRequest } from '../../lab/plan/request.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { download } from '../files.ts';

export class PromptList {
  running = $state(false);
  failure = $state.raw<Failure | null>(null);
  readonly #lab: Pick<LabClient, 'mutate'>;
  readonly #download: typeof download;

  constructor(lab: Pick<LabClient, 'mutate'>, saveFile: typeof download) {
    [this.#lab, this.#download] = [lab, saveFile];
  }

  /** Save the prompts for every harmful behavior of `set` as JSON Lines: one per line, with what makes it again. */
  save = async (request: MutateRequest, set: string): Promise<void> => {
    if (this.running) return;
    [this.running, this.failure] = [true, null];
    const outcome = await this.#lab.mutate(request, set);
    this.running = false;
    if (outcome.status === 'failed') this.failure = outcome;
    if (outcome.status !== 'done') return;
    const lines = outcome.value.map((prompt) => `${JSON.stringify(prompt)}\n`);
    this.#download(`${request.attack.id}-${set}-prompts.jsonl`, 'application/jsonl', lines.join(''));
  };
}

export const [getPromptList, setPromptList] = createContext<PromptList>();
