/** @file The trials of one cell as its panel lists them: a page at a time, read from the store. */
import type { Failure } from '../../core/errors.ts';
import type { CellPage, CellQuery } from '../../lab/records/cell-page.ts';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import { pageState } from '../state/page-state.svelte.ts';

/** Trials that are listed at first, and added at each request for more. */
const pageSize = 100;

export class CellTrials {
  page = $state.raw<CellPage | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #lab: Pick<LabClient, 'cell'>;
  #limit = pageSize;
  #asked = 0;
  #shown = '';

  constructor(lab: Pick<LabClient, 'cell'>) {
    this.#lab = lab;
  }

  /** List the trials from the first on; what was listed of the same cell stays in view until the new list is there. */
  read = async (run: string, query: Omit<CellQuery, 'offset' | 'limit'>): Promise<void> => {
    const asked = ++this.#asked;
    const shown = JSON.stringify([run, query]);
    if (shown !== this.#shown) [this.#shown, this.#limit] = [shown, pageSize];
    const outcome = await this.#lab.cell(run, { ...query, offset: 0, limit: this.#limit });
    if (asked !== this.#asked) return;
    if (outcome.status === 'done') [this.page, this.failure] = [outcome.value, null];
    else if (outcome.status === 'failed') this.failure = outcome;
  };

  more = (run: string, query: Omit<CellQuery, 'offset' | 'limit'>): Promise<void> => {
    this.#limit += pageSize;
    return this.read(run, query);
  };

  /** Forget the list, so that another cell does not begin with it. */
  close = (): void => {
    this.#asked++;
    [this.page, this.failure, this.#shown] = [null, null, ''];
  };
}

export const getCellTrials = pageState(({ lab }) => new CellTrials(lab));
