/** @file What a part of a run has to compute. Pure. */
import type { RunPart } from '../records/run-part.ts';
import type { Chunk, Trial } from '../trials/trials.ts';

/**
 * The chunks that hold the part, and those in which its attacks are made. Whole chunks, so that the bytes are those of an
 * undisturbed run.
 * @param sourceOf place of the trial in which the attack of a trial is made; `undefined` if in none
 */
export function chunksOfPart(
  part: RunPart,
  chunks: readonly Chunk[],
  sourceOf: (trial: Trial) => number | undefined,
): readonly Chunk[] {
  const isWanted = ({ key }: Trial) =>
    key.model === part.model &&
    key.attack === part.attack &&
    key.defense === part.defense &&
    (part.behavior === undefined || key.behavior === part.behavior);
  const wanted = chunks.filter(({ trials }) => trials.some(isWanted));
  const sources = new Set(wanted.flatMap(({ trials }) => trials.map(sourceOf)));
  return chunks.filter(
    (chunk) => wanted.includes(chunk) || chunk.trials.some(({ place }) => sources.has(place)),
  );
}
