/** @file Requests that bring an edit of the model along. */
import { LabError } from '../../core/errors.ts';
import type { GenerateOptions, ModelEdit, WhiteBoxModel } from '../../models/language-model.ts';

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

/**
 * `edit`, once `model` has tried it on: so that one that cannot act is known before the first request.
 * @param defense whose edit it is, for the message
 * @throws LabError as `edited`, when it was learned from a model of another shape
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

/** The boundary after a share of the layers: after the first at least, and before the last. */
export const boundaryAt = (depth: number, layers: number): number =>
  Math.max(1, Math.min(layers - 1, Math.round(depth * layers)));
