/** @file The defenses of a trial in the order in which they acted, those included that never did. Pure. */
import type { DefenseEvent } from '../types.ts';

export interface ChainLink {
  readonly defense: string;
  /** `null` for a defense that reported nothing. */
  readonly event: DefenseEvent | null;
}

/**
 * @param stack ids in the order of the plan
 * @param events in the order in which the defenses acted
 */
export function chainOf(stack: readonly string[], events: readonly DefenseEvent[]): readonly ChainLink[] {
  const silent = [...stack];
  for (const { defense } of events) {
    const place = silent.indexOf(defense);
    if (place >= 0) silent.splice(place, 1);
  }
  return [
    ...events.map((event) => ({ defense: event.defense, event })),
    ...silent.map((defense) => ({ defense, event: null })),
  ];
}
