/**
 * @file Deals the behaviors of a cell in rounds, so that every cell of the matrix has its first trials before any has its
 * second. Which trials run side by side is decided here too.
 */
import type { Behavior } from '../../core/behavior.ts';

/** Some behaviors of a cell that run side by side. */
export interface Deal {
  /** In which round they run. In round 0 is the first behavior of each kind. */
  readonly round: number;
  /** Positions in the cell, ascending. */
  readonly positions: readonly number[];
}

/**
 * Every behavior of a cell once. After round 0, behaviors run in the groups of `concurrency` that they fall into by
 * position: a group of which all trials are stored is left out whole, whichever release stored them.
 */
export function deal(behaviors: readonly Behavior[], concurrency: number): readonly Deal[] {
  const seen = new Set<Behavior['kind']>();
  const first = new Set(
    behaviors.flatMap(({ kind }, position) => {
      if (seen.has(kind)) return [];
      seen.add(kind);
      return [position];
    }),
  );
  const groups = chunked([...behaviors.keys()], concurrency);
  const later = groups.map((group) => group.filter((position) => !first.has(position)));
  return [
    ...chunked([...first], concurrency).map((positions) => ({ round: 0, positions })),
    ...later
      .map((positions, i) => ({ round: i + 1, positions }))
      .filter(({ positions }) => positions.length > 0),
  ];
}

const chunked = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
