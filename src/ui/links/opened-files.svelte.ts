/** @file Files that the installed app was opened with, on their way to the page that reads them. */
import { createContext } from 'svelte';
import type { Router } from './router.svelte.ts';

/** Pages that read files, with what the system may open them with (scripts/vite/pwa.ts). */
type ReadingPage = 'matrix' | 'models';

const readerOf = ({ name }: File): ReadingPage => (/\.gguf$/i.test(name) ? 'models' : 'matrix');

/** The part of the browser that hands files over, where it has one. */
export interface LaunchQueue {
  setConsumer(consumer: (launch: { readonly files: readonly { getFile(): Promise<File> }[] }) => void): void;
}

export class OpenedFiles {
  #waiting = $state.raw<readonly File[]>([]);
  readonly #router: Pick<Router, 'go'>;

  constructor(router: Pick<Router, 'go'>, queue?: LaunchQueue) {
    this.#router = router;
    queue?.setConsumer(({ files }) => void Promise.all(files.map((file) => file.getFile())).then(this.open));
  }

  /** Go to the page that reads the first of them; each waits for its own. */
  open = (files: readonly File[]): void => {
    const [first] = files;
    if (!first) return;
    this.#waiting = [...this.#waiting, ...files];
    const page = readerOf(first);
    this.#router.go(page === 'matrix' ? { page, run: null, cell: null } : { page });
  };

  /** Those that wait for a page, which then wait no more. */
  take = (page: ReadingPage): readonly File[] => {
    const taken = this.#waiting.filter((file) => readerOf(file) === page);
    if (taken.length > 0) this.#waiting = this.#waiting.filter((file) => !taken.includes(file));
    return taken;
  };
}

export const [getOpenedFiles, setOpenedFiles] = createContext<OpenedFiles>();
