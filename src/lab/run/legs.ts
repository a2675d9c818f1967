/** @file The order in which the chunks of a run are computed. */
import type { ModelEntry } from '../../models/catalog.ts';
import type { Chunk } from '../trials/trials.ts';

/** Chunks of one target, which its helpers compute from beginning to end. */
export interface Leg {
  readonly target: ModelEntry;
  /** By round, and in the order of the plan within a round. Not empty. */
  readonly chunks: readonly Chunk[];
}

/**
 * Round after round. Helpers serve one target at a time, so with several targets only round 0 goes over all of them; then
 * each has its other rounds without a break.
 */
export function legsOf(chunks: readonly Chunk[]): readonly Leg[] {
  const targets = [...new Set(chunks.map(({ target }) => target))];
  const inRounds = chunks.toSorted((a, b) => a.round - b.round);
  const isFirst = ({ round }: Chunk) => round === 0;
  const parts =
    targets.length === 1
      ? [inRounds]
      : [inRounds.filter(isFirst), inRounds.filter((chunk) => !isFirst(chunk))];
  return parts.flatMap((part) =>
    targets
      .map((target): Leg => ({ target, chunks: part.filter((chunk) => chunk.target === target) }))
      .filter((leg) => leg.chunks.length > 0),
  );
}
