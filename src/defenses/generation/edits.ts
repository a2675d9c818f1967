/** @file Requests that carry an edit of the model, and readings of the model as that edit has it. */
import { LabError } from '../../core/errors.ts';
import type {
  EditedModel,
  GenerateOptions,
  LanguageModel,
  ModelEdit,
  ScoringModel,
  WhiteBoxModel,
} from '../../models/language-model.ts';

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

type EditOfRequest = Pick<GenerateOptions, 'edit'>;

/** A model whose distributions can be read; a white-box model among them can be read with an edit in place. */
export type ReadableModel = ScoringModel & Partial<Pick<WhiteBoxModel, 'edited'>>;

/**
 * What `read` finds in the model as the edit of a request has it, such as an attack's: what an edited model wrote is not
 * to be judged by the model as it was before.
 * @throws LabError 'not-supported' for an edit of a model that cannot be edited
 */
export async function underEdit<M extends ReadableModel, T>(
  model: M,
  { edit }: EditOfRequest,
  read: (model: M | EditedModel) => Promise<T>,
): Promise<T> {
  if (edit === undefined) return read(model);
  if (model.edited === undefined)
    throw new LabError('not-supported', `${model.id} cannot be read with an edit in place.`, {
      advice: 'Pick a white-box model, or another attack.',
    });
  const edited = model.edited(edit);
  try {
    return await read(edited);
  } finally {
    edited.dispose();
  }
}

/** The part of a request's edit that changes the model and not the prompt: for questions to the same model. */
export function weightEditOf({ edit }: EditOfRequest): EditOfRequest {
  if (edit?.residual === undefined) return {};
  return { edit: edit.softTokens ? { residual: edit.residual } : edit };
}

/** The edit of a question to `asked`: that of the request if `asked` is the target itself, which the edit changed. */
export const editForRole = (
  asked: LanguageModel,
  target: LanguageModel | undefined,
  request: EditOfRequest,
): EditOfRequest => (asked.id === target?.id && asked.access === 'white-box' ? weightEditOf(request) : {});

/** The layer boundary at a share `depth` of the layers: at least after the first, at most before the last. */
export const boundaryAt = (depth: number, layers: number): number =>
  Math.max(1, Math.min(layers - 1, Math.round(depth * layers)));
