/** @file A choice that is remembered between visits. */
import { createContext } from 'svelte';
import type { Language } from '../language/language.ts';

export type ThemeName = 'system' | 'light' | 'dark';

/** The parts of `localStorage` that a preference needs. */
export type PreferenceStore = Pick<Storage, 'getItem' | 'setItem'>;

/** One of `choices`, remembered under `name`. Works, unremembered, where storage is refused. */
export class Preference<C extends string> {
  readonly choices: readonly C[];
  #current = $state.raw() as C;
  readonly #name: string;
  readonly #store: PreferenceStore | null;

  constructor(name: string, choices: readonly [C, ...C[]], store: PreferenceStore | null) {
    this.choices = choices;
    this.#name = name;
    this.#store = store;
    const stored = this.#attempt(() => store?.getItem(name) ?? null);
    this.#current = choices.find((choice) => choice === stored) ?? choices[0];
  }

  get current(): C {
    return this.#current;
  }
  set current(choice: C) {
    this.#current = choice;
    this.#attempt(() => this.#store?.setItem(this.#name, choice));
  }

  /** Storage may throw (private windows, full disks); the choice then lasts for this visit. */
  #attempt<T>(work: () => T): T | null {
    try {
      return work();
    } catch {
      return null;
    }
  }
}

export const [getTheme, setTheme] = createContext<Preference<ThemeName>>();

export const [getLanguage, setLanguage] = createContext<Preference<Language>>();

export const [getShortcuts, setShortcuts] = createContext<Preference<'on' | 'off'>>();
