/** @file Whether answers to harmful behaviors are shown. */
import { createContext } from 'svelte';
import type { BehaviorKind } from '../../core/behavior.ts';

/** Covered until the user uncovers them; one decision holds for every answer of the visit. */
export class Covers {
  lifted = $state(false);

  covers = (kind: BehaviorKind): boolean => kind === 'harmful' && !this.lifted;
  lift = (): void => void (this.lifted = true);
  lower = (): void => void (this.lifted = false);
}

export const [getCovers, setCovers] = createContext<Covers>();
