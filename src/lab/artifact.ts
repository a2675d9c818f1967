/** @file What a defense learned about a model, on its way into a file and back into a plan. */
import { LabError } from '../core/errors.ts';
import type { Artifact } from '../defenses/defense.ts';
import type { ModelEntry } from '../models/catalog.ts';

/** The artifact with the model that it is about. */
export const signed = (artifact: Artifact, model: string): Artifact => ({ ...artifact, model });

/**
 * The artifact as the defense made it. One without a model was written by hand, and is taken as it is.
 * @throws LabError 'bad-plan' if it is about another model than one of `targets`: numbers of one model fit another of
 *   the same shape, and mean nothing there
 */
export function artifactFor(
  artifact: Artifact | undefined,
  defense: string,
  targets: readonly Pick<ModelEntry, 'id'>[],
): Artifact | undefined {
  if (artifact === undefined || !Object.hasOwn(artifact, 'model')) return artifact;
  const { model, ...learned } = artifact;
  const other = targets.find(({ id }) => id !== model);
  if (other === undefined) return learned;
  throw new LabError('bad-plan', `What "${defense}" learned is about ${String(model)}, not ${other.id}.`, {
    advice: `Leave its "artifact" out, so that it learns about ${other.id} anew, or give each model a plan of its own.`,
  });
}
