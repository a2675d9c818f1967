/** @file The check of the app's files on this device, and what it found. */
import { createContext } from 'svelte';
import { failure, type Failure } from '../../core/errors.ts';
import type { RepairProgress, RepairReport } from '../../lab/seal/page-repair.ts';

export type RepairFiles = (onProgress: (progress: RepairProgress) => void) => Promise<RepairReport>;

export class AppFiles {
  /** While a repair runs. */
  progress = $state.raw<RepairProgress | null>(null);
  report = $state.raw<RepairReport | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #repair: RepairFiles;

  constructor(repair: RepairFiles) {
    this.#repair = repair;
  }

  repair = async (): Promise<void> => {
    if (this.progress) return;
    [this.report, this.failure, this.progress] = [null, null, { checked: 0, total: 0 }];
    try {
      this.report = await this.#repair((progress) => (this.progress = progress));
    } catch (error) {
      const outcome = failure(error);
      this.failure = outcome.status === 'failed' ? outcome : null;
    } finally {
      this.progress = null;
    }
  };
}

export const [getAppFiles, setAppFiles] = createContext<AppFiles>();
