/** @file Deals kinds of harm, so that each is done about as often as the others. */
import type { Random } from '../../src/core/random.ts';

/** `count` items, each item as often as the others or once more, in random order. */
export function dealt<T>(items: readonly T[], count: number, random: Random): T[] {
  const rounds = Array.from({ length: Math.ceil(count / items.length) }, () => random.shuffle(items));
  return rounds.flat().slice(0, count);
}
