/** @file A prioritized replay buffer: findings of a search, the more useful ones likelier to be learned from again. */
import type { Random } from '../../core/random.ts';

export interface ReplayBuffer<T> {
  readonly size: number;
  /** Items without a positive priority are dropped; above capacity, so is the one with the lowest priority. */
  push(item: T, priority: number): void;
  /** `count` distinct items, or all if there are fewer, drawn with weights priority ^ `sharpness`. */
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
      const remaining = [...entries];
      const items: T[] = [];
      while (items.length < count && remaining.length > 0) {
        const weights = remaining.map(({ priority }) => priority ** sharpness);
        let mark = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
        const index = weights.findIndex((weight) => (mark -= weight) < 0);
        items.push(remaining.splice(Math.max(0, index), 1)[0]!.item);
      }
      return items;
    },
  };
}
