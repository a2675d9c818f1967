/** @file Parts of runs in words. Pure. */
import type { RunPart } from '../../lab/records/run-part.ts';

/** What going on with a part does. @param nameOf titles of methods and stacks */
export function partGoesOn({ attack, defense, behavior }: RunPart, nameOf: (id: string) => string): string {
  const cell = `${nameOf(attack)} · ${nameOf(defense)}`;
  return behavior === undefined ? `Go on with ${cell}` : `Go on with one trial of ${cell}`;
}
