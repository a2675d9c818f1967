/** @file Presenter mode: larger type and nothing but the page, for a projector. */
import { createContext } from 'svelte';

export class Presenter {
  on = $state(false);
  toggle = (): void => void (this.on = !this.on);
}

export const [getPresenter, setPresenter] = createContext<Presenter>();
