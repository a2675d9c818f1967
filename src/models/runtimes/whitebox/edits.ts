/**
 * @file Edits of a model: vectors that act as tokens, edits of the residual stream, and requests that bring an edit.
 * Limit: a residual edit acts on every position alike.
 */
import { jit, numpy as np } from '@jax-js/jax';
import { editLastUser, editSystem, lastUserText, type ChatMessage } from '../../../core/chat.ts';
import { LabError } from '../../../core/errors.ts';
import type { ChatTokenizer, PromptOptions } from '../../chat-tokenizer.ts';
import type { EditedModel, LanguageModel, ModelEdit, ResidualEdit } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import { findSpan } from '../../prompt-span.ts';
import { float32 } from './device.ts';

/** @throws LabError 'not-supported' if the edit does not fit the model's shape, RangeError for an empty soft prompt */
export function checkEdit({ softTokens, residual = [] }: ModelEdit, config: LlamaConfig): void {
  const { layers, hiddenSize } = config;
  if (softTokens?.vectors.length === 0)
    throw new RangeError('An edit with soft tokens needs one vector or more.');
  const vectors = [
    ...(softTokens?.vectors ?? []),
    ...residual.flatMap(({ ablate, add }) => [ablate ?? [], add ?? []]).filter(({ length }) => length > 0),
  ];
  const isBoundary = (at: number) => Number.isInteger(at) && at >= 0 && at <= layers;
  const boundaries = residual.flatMap((edit) => edit.boundaries ?? []);
  if (vectors.some(({ length }) => length !== hiddenSize) || !boundaries.every(isBoundary))
    throw new LabError('not-supported', 'This edit was made for a model of another shape.', {
      advice: `The model has ${layers} layers and vectors of ${hiddenSize} values.`,
    });
}

export interface ResidualEditor {
  /** Consumes and returns the stream at `boundary`, [B, T, d]. */
  apply(boundary: number, x: np.Array): np.Array;
  /** The gradient of the stream before the edits, from the gradient after them. */
  pullBack(boundary: number, dX: np.Array): np.Array;
  dispose(): void;
}

export const noEdits: ResidualEditor = {
  apply: (_, x) => x,
  pullBack: (_, dX) => dX,
  dispose: () => undefined,
};

/** @param edits checked by `checkEdit` */
export function createResidualEditor(config: LlamaConfig, edits: readonly ResidualEdit[]): ResidualEditor {
  if (edits.length === 0) return noEdits;
  const { hiddenSize, layers } = config;
  const allBoundaries = Array.from({ length: layers + 1 }, (_, boundary) => boundary);
  const placedEdits = edits.flatMap(({ boundaries = allBoundaries, ablate = [], add = [] }) => {
    const axis = Float32Array.from(ablate);
    const norm = Math.hypot(...axis) || 1;
    const zeros = () => new Float32Array(hiddenSize);
    return boundaries.map((boundary) => ({
      boundary,
      direction: float32(ablate.length > 0 ? axis.map((value) => value / norm) : zeros()),
      offset: float32(add.length > 0 ? Float32Array.from(add) : zeros()),
    }));
  });
  const project = (x: np.Array, direction: np.Array) =>
    x.ref.sub(np.sum(x.mul(direction.ref), -1, { keepdims: true }).mul(direction));
  const edit = jit((x: np.Array, direction: np.Array, offset: np.Array) => project(x, direction).add(offset));
  const pull = jit(project);
  return {
    apply: (boundary, x) =>
      placedEdits.reduce(
        (y, at) => (at.boundary === boundary ? edit(y, at.direction.ref, at.offset.ref) : y),
        x,
      ),
    pullBack: (boundary, dX) =>
      placedEdits.reduceRight((y, at) => (at.boundary === boundary ? pull(y, at.direction.ref) : y), dX),
    dispose() {
      for (const { direction, offset } of placedEdits) {
        direction.dispose();
        offset.dispose();
      }
      edit.dispose();
      pull.dispose();
    },
  };
}

type SoftTokenPlace = NonNullable<ModelEdit['softTokens']>['at'];

/** `tokenizer`, which puts the ids of soft tokens into every prompt and leaves them out of texts. */
export const withSoftTokens = (
  tokenizer: ChatTokenizer,
  softIds: readonly number[],
  at: SoftTokenPlace,
): ChatTokenizer => ({
  ...tokenizer,
  prompt: (messages, options = {}) => {
    const prompt = tokenizer.prompt(messages, options);
    const index = softTokenIndex(tokenizer, prompt, at, messages, options);
    return [...prompt.slice(0, index), ...softIds, ...prompt.slice(index)];
  },
  decode: (ids) => tokenizer.decode(ids.filter((id) => !softIds.includes(id))),
  withSettings: (settings) => withSoftTokens(tokenizer.withSettings(settings), softIds, at),
});

/** Where soft tokens go in the ids of a templated conversation. */
function softTokenIndex(
  tokenizer: ChatTokenizer,
  prompt: readonly number[],
  at: SoftTokenPlace,
  messages: readonly ChatMessage[],
  options: PromptOptions,
): number {
  const endOf = (place: (text: string) => readonly ChatMessage[], text: string) =>
    findSpan(tokenizer, place, text, options).end;
  switch (at) {
    case 'start': {
      const { bosId } = tokenizer;
      return bosId !== null && prompt[0] === bosId ? 1 : 0;
    }
    case 'user-end':
      return endOf((text) => editLastUser(messages, () => text), lastUserText(messages));
    case 'system-end': {
      const [first] = messages;
      if (first?.role !== 'system')
        throw new LabError(
          'bad-input',
          'Soft tokens go into a system turn, and this conversation has none.',
          {
            advice: 'Begin the conversation with a system turn; it may be empty.',
          },
        );
      return endOf((text) => editSystem(messages, () => text), first.content);
    }
    default:
      return at satisfies never;
  }
}

/** `generate`; a request with an edit goes to an edited model, which is disposed of when its last request ends. */
export function generateEdited(
  generate: LanguageModel['generate'],
  edited: (edit: ModelEdit) => EditedModel,
): LanguageModel['generate'] {
  const open = new Map<ModelEdit, { readonly model: EditedModel; requests: number }>();
  return async (messages, { edit, ...options }) => {
    if (edit === undefined) return generate(messages, options);
    const entry = open.get(edit) ?? { model: edited(edit), requests: 0 };
    open.set(edit, entry);
    entry.requests++;
    try {
      return await entry.model.generate(messages, options);
    } finally {
      entry.requests--;
      if (entry.requests === 0) {
        open.delete(edit);
        entry.model.dispose();
      }
    }
  };
}
