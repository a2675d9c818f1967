/** @file Edits as plain data, made into interventions; and `generate` for requests that bring one along. */
import { editLastUser, editSystem, lastUserText } from '../../../core/chat.ts';
import { LabError } from '../../../core/errors.ts';
import type { ChatTokenizer } from '../../chat-tokenizer.ts';
import type { EditedModel, LanguageModel, ModelEdit } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import { findSpan } from '../../prompt-span.ts';
import type { Intervention, Place } from './model.ts';

/** Behind BOS or, for want of one, first. */
export const afterBos =
  ({ bosId }: ChatTokenizer): Place =>
  (prompt, softIds) =>
    insert(prompt, softIds, bosId !== null && prompt[0] === bosId ? 1 : 0);

const afterLastUserText =
  (tokenizer: ChatTokenizer): Place =>
  (prompt, softIds, messages, options) => {
    const place = (text: string) => editLastUser(messages, () => text);
    return insert(prompt, softIds, findSpan(tokenizer, place, lastUserText(messages), options).end);
  };

/** The templated conversation must begin with a system turn; an empty one will do. */
const afterSystemText =
  (tokenizer: ChatTokenizer): Place =>
  (prompt, softIds, messages, options) => {
    const [first] = messages;
    if (first?.role !== 'system')
      throw new LabError('bad-input', 'Soft tokens belong into a system turn, and there is none.', {
        advice: 'Begin the conversation with a system turn; it may be empty.',
      });
    const place = (text: string) => editSystem(messages, () => text);
    return insert(prompt, softIds, findSpan(tokenizer, place, first.content, options).end);
  };

const places = { start: afterBos, 'system-end': afterSystemText, 'user-end': afterLastUserText };

const insert = (prompt: readonly number[], softIds: readonly number[], at: number): number[] => [
  ...prompt.slice(0, at),
  ...softIds,
  ...prompt.slice(at),
];

/** @throws LabError 'not-supported' if the edit was made for a model of another shape */
export function interventionOf(
  { softTokens, residual = [] }: ModelEdit,
  { layers, hiddenSize }: LlamaConfig,
  tokenizer: ChatTokenizer,
): Intervention {
  const everywhere = Array.from({ length: layers + 1 }, (_, boundary) => boundary);
  const vectors = [
    ...(softTokens?.vectors ?? []),
    ...residual.flatMap(({ ablate, add }) => [ablate ?? [], add ?? []]).filter(({ length }) => length > 0),
  ];
  const boundaries = residual.flatMap((change) => change.boundaries ?? []);
  if (vectors.some(({ length }) => length !== hiddenSize) || boundaries.some((at) => at > layers))
    throw new LabError('not-supported', 'This edit was made for a model of another shape.', {
      advice: `The model has ${layers} layers and vectors of ${hiddenSize} values.`,
    });
  return {
    ...(softTokens && {
      softTokens: {
        vectors: Float32Array.from(softTokens.vectors.flat()),
        place: places[softTokens.at](tokenizer),
      },
    }),
    residual: residual.flatMap(({ boundaries = everywhere, ablate, add }) =>
      boundaries.map((boundary) => ({
        boundary,
        ...(ablate && { ablate: Float32Array.from(ablate) }),
        ...(add && { add: Float32Array.from(add) }),
      })),
    ),
  };
}

/** `generate`, and for requests with an edit that of an edited model, which lives while such requests are open. */
export function generateEdited(
  generate: LanguageModel['generate'],
  edited: (edit: ModelEdit) => EditedModel,
): LanguageModel['generate'] {
  const open = new Map<ModelEdit, { readonly model: EditedModel; requests: number }>();
  return async (messages, { edit, ...options }) => {
    if (edit === undefined) return generate(messages, options);
    const view = open.get(edit) ?? { model: edited(edit), requests: 0 };
    open.set(edit, view);
    view.requests++;
    try {
      return await view.model.generate(messages, options);
    } finally {
      view.requests--;
      if (view.requests === 0) {
        open.delete(edit);
        view.model.dispose();
      }
    }
  };
}
