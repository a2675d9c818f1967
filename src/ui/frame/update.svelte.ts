/** @file A new version of the app that waits for the user. */
export class Update {
  /** Switches to the new version and reloads; `null` while there is none. */
  apply = $state.raw<(() => void) | null>(null);
}
