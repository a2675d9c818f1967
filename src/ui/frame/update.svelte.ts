/** @file A new version of the app, ready to be switched to. */
import { createContext } from 'svelte';
export class Update {
  /** Switches to the new version and reloads; `null` while there is none. */
  apply = $state.raw<(() => void) | null>(null);
}

export const [getUpdate, setUpdate] = createContext<Update>();
