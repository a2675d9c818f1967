/** @file Requests that bring an edit of the model along. */
import { LabError } from '../../core/errors.ts';
import type { GenerateOptions, ModelEdit } from '../../models/language-model.ts';

/**
 * `options` with `edit` after the edit they have (an attack's, say). Give the same object for the same edit: requests
 * share a batch only if they share it.
 * @throws LabError 'not-supported' if both put in soft tokens
 */
export function withEdit(options: GenerateOptions, edit: ModelEdit): GenerateOptions {
  const before = options.edit;
  if (before === undefined) return { ...options, edit };
  if (before.softTokens && edit.softTokens)
    throw new LabError('not-supported', 'Attack and defense both put soft tokens into the prompt.', {
      advice: 'Test this defense with another attack.',
    });
  return {
    ...options,
    edit: { ...before, ...edit, residual: [...(before.residual ?? []), ...(edit.residual ?? [])] },
  };
}

/** The boundary after a share of the layers: after the first at least, and before the last. */
export const boundaryAt = (depth: number, layers: number): number =>
  Math.max(1, Math.min(layers - 1, Math.round(depth * layers)));
