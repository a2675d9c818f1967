/** @file State of pages whose code is loaded when they are first opened: made then, and kept as long as the app. */
import { createContext } from 'svelte';
import type { LabClient } from '../../lab/worker/lab-client.ts';
import type { LabInfo } from './lab-info.svelte.ts';
import type { RunSession } from './run-session.svelte.ts';

/** What such state is made from. */
export interface PageParts {
  readonly lab: LabClient;
  readonly labInfo: LabInfo;
  readonly run: RunSession;
  /** To be called when a model was stored. */
  readonly onstored: () => Promise<void>;
  /** To be called when a behavior set was stored. */
  readonly onsetstored: () => Promise<void>;
}

type Make<T> = (parts: PageParts) => T;

export class PageStates {
  readonly #parts: PageParts;
  readonly #made = new WeakMap<Make<unknown>, unknown>();

  constructor(parts: PageParts) {
    this.#parts = parts;
  }

  of<T>(make: Make<T>): T {
    if (!this.#made.has(make)) {
      // Outside of the page that asks first: what is derived would end with it.
      $effect.root(() => void this.#made.set(make, make(this.#parts)));
    }
    return this.#made.get(make) as T;
  }
}

const [getPageStates, provide] = createContext<PageStates>();
export { provide as setPageStates };

/** @returns what a component calls while it is set up, to get the state that all of them share */
export const pageState =
  <T>(make: Make<T>): (() => T) =>
  () =>
    getPageStates().of(make);
