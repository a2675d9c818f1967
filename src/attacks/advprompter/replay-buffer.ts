/** @file What a search has found so far, the more useful the likelier to be learned from again. */
import type { Random } from '../../core/random.ts';

export interface ReplayBuffer<T> {
  readonly size: number;
  /** Items of no priority are not kept; of too many the least useful goes. */
  push(item: T, priority: number): void;
  /** Distinct items, drawn by priority ^ `sharpness`; fewer when there are fewer. */
  draw(count: number, sharpness: number, random: Random): readonly T[];
}

export function createReplayBuffer<T>(capacity: number): ReplayBuffer<T> {
  let entries: { readonly item: T; readonly priority: number }[] = [];
  return {
    get size() {
      return entries.length;
    },
    push(item, priority) {
      if (!(priority > 0)) return;
      entries.push({ item, priority });
      if (entries.length <= capacity) return;
      const least = Math.min(...entries.map((entry) => entry.priority));
      const drop = entries.findIndex((entry) => entry.priority === least);
      entries = entries.filter((_, i) => i !== drop);
    },
    draw(count, sharpness, random) {
      const left = [...entries];
      const drawn: T[] = [];
      while (drawn.length < count && left.length > 0) {
        const weights = left.map(({ priority }) => priority ** sharpness);
        let mark = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
        const at = weights.findIndex((weight) => (mark -= weight) < 0);
        drawn.push(left.splice(Math.max(0, at), 1)[0]!.item);
      }
      return drawn;
    },
  };
}
