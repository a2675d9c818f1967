/** @file What this copy of the app brings for a class, and taking it. */
import { failure, LabError, type Failure } from '../../core/errors.ts';
import { classFile, parseClassContents, type ClassContents } from '../../lab/records/class-contents.ts';
import { fetchShipped } from '../files.ts';
import { pageState } from '../state/page-state.svelte.ts';

export class Carried {
  contents = $state.raw<ClassContents | null>(null);
  /** File that is being read. */
  reading = $state<string | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #fetch: (path: string) => Promise<Response>;
  readonly #fetchList: () => Promise<ClassContents>;

  constructor(
    fetchFile: (path: string) => Promise<Response> = (path) => fetch(path),
    fetchList = () => fetchShipped(classFile, parseClassContents),
  ) {
    [this.#fetch, this.#fetchList] = [fetchFile, fetchList];
  }

  look = async (): Promise<void> => {
    this.contents ??= await this.#try(this.#fetchList);
  };

  /** @returns `null` with the reason in `failure` */
  take = async (path: string): Promise<File | null> => {
    this.reading = path;
    const file = await this.#try(async () => {
      const response = await this.#fetch(path).catch(() => null);
      if (response?.ok) return new File([await response.blob()], path.split('/').at(-1)!);
      throw new LabError('unreachable', `This copy of the app lists ${path}, which cannot be had.`, {
        advice: 'Start the copy again where the whole folder is, and reload the page.',
      });
    });
    this.reading = null;
    return file;
  };

  async #try<T>(work: () => Promise<T>): Promise<T | null> {
    this.failure = null;
    try {
      return await work();
    } catch (error) {
      const outcome = failure(error);
      this.failure = outcome.status === 'failed' ? outcome : null;
      return null;
    }
  }
}

export const getCarried = pageState(() => new Carried());
