/** @file Requests that carry an edit of the model. */
import { LabError } from '../../core/errors.ts';
import type { GenerateOptions, ModelEdit, WhiteBoxModel } from '../../models/language-model.ts';

/**
 * `options` with `edit` added after an edit that they already carry, such as an attack's. Pass the same object for the
 * same edit, because only requests that share the object share a batch.
 * @throws LabError 'not-supported' if both edits insert soft tokens
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

/**
 * `edit`, after a trial application to `model`, so that an edit that does not fit fails before the first request.
 * @param defense the owner of the edit, for the message
 * @throws LabError as `edited` does, if the edit was learned from a model of another shape
 */
export function accepted(model: WhiteBoxModel, edit: ModelEdit, defense: string): ModelEdit {
  try {
    model.edited(edit).dispose();
    return edit;
  } catch (cause) {
    if (!(cause instanceof LabError)) throw cause;
    throw new LabError(cause.code, `"${defense}" cannot act on ${model.id}: ${cause.message}`, {
      advice: `${cause.advice} Leave its "artifact" out of the plan, so that it is learned anew.`,
      cause,
    });
  }
}

/** The layer boundary at a share `depth` of the layers: at least after the first, at most before the last. */
export const boundaryAt = (depth: number, layers: number): number =>
  Math.max(1, Math.min(layers - 1, Math.round(depth * layers)));
