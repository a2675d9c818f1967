/** @file The runs stored on this device. */
import { createContext } from 'svelte';
import type { Failure } from '../../core/errors.ts';
import type { RunInfo } from '../../lab/records/run.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';

export class RunList {
  /** Newest first. */
  runs = $state.raw<readonly RunInfo[]>([]);
  /** Whether the store was asked. */
  listed = $state(false);
  readonly #lab: Pick<LabClient, 'runs' | 'remove'>;

  constructor(lab: Pick<LabClient, 'runs' | 'remove'>) {
    this.#lab = lab;
  }

  refresh = async (): Promise<void> => {
    const outcome = await this.#lab.runs();
    if (outcome.status === 'done')
      [this.runs, this.listed] = [
        outcome.value.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)),
        true,
      ];
  };

  find = (id: string): RunInfo | null => this.runs.find((run) => run.id === id) ?? null;

  /** @returns why it stays, where it does: another tab may be computing it */
  remove = async (id: string): Promise<Failure | null> => {
    const outcome = await this.#lab.remove(id);
    await this.refresh();
    return outcome.status === 'failed' ? outcome : null;
  };
}

export const [getRunList, setRunList] = createContext<RunList>();
