/**
 * @file Edits of a model: vectors that act as tokens, edits of the residual stream, and requests that bring an edit.
 * Limit: a residual edit acts on every position alike.
 */
import { editLastUser, editSystem, lastUserText, type ChatMessage } from '../../../core/chat.ts';
import { LabError } from '../../../core/errors.ts';
import type { ArrayDevice, DeviceArray } from '../../arrays/array-device.ts';
import type { ChatTokenizer, PromptOptions } from '../../chat-tokenizer.ts';
import type { EditedModel, LanguageModel, ModelEdit, ResidualEdit } from '../../language-model.ts';
import type { LlamaConfig } from '../../llama.ts';
import { findSpan, type PromptSpan } from '../../prompt-span.ts';
import type { Programs } from './programs.ts';

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
  /** The stream at `boundary`, [N, d], edited. Consumes `x`. */
  apply(boundary: number, x: DeviceArray): Promise<DeviceArray>;
  /** The gradient of the stream before the edits, from the gradient after them, which it consumes. */
  pullBack(boundary: number, dX: DeviceArray): Promise<DeviceArray>;
  dispose(): void;
}

export const noEdits: ResidualEditor = {
  apply: async (_, x) => x,
  pullBack: async (_, dX) => dX,
  dispose: () => undefined,
};

/** @param edits checked by `checkEdit` */
export function createResidualEditor(
  device: ArrayDevice,
  config: LlamaConfig,
  programs: Programs,
  edits: readonly ResidualEdit[],
): ResidualEditor {
  if (edits.length === 0) return noEdits;
  const { hiddenSize, layers } = config;
  const allBoundaries = Array.from({ length: layers + 1 }, (_, boundary) => boundary);
  const upload = (values: ArrayLike<number>) => device.upload([hiddenSize], Float32Array.from(values));
  const nothing = new Float32Array(hiddenSize);
  const placed = edits.map(({ boundaries = allBoundaries, ablate = [], add = [] }) => {
    const norm = Math.hypot(...ablate) || 1;
    return {
      boundaries,
      axis: upload(ablate.length > 0 ? ablate.map((value) => value / norm) : nothing),
      offset: upload(add.length > 0 ? add : nothing),
    };
  });
  const at = (boundary: number) => placed.filter(({ boundaries }) => boundaries.includes(boundary));
  return {
    async apply(boundary, x) {
      let stream = x;
      for (const { axis, offset } of at(boundary)) {
        const { out } = await programs.get('edit').run({ x: stream, axis, offset });
        stream.dispose();
        stream = out!;
      }
      return stream;
    },
    async pullBack(boundary, dX) {
      let gradient = dX;
      for (const { axis } of at(boundary).reverse()) {
        const { d_input: dInput } = await programs.get('editVjp').run({ d_out: gradient, axis });
        gradient.dispose();
        gradient = dInput!;
      }
      return gradient;
    },
    dispose() {
      for (const { axis, offset } of placed) {
        axis.dispose();
        offset.dispose();
      }
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
    const [start, end] = softTokenSpan(tokenizer, prompt, at, messages, options);
    return [...prompt.slice(0, start), ...softIds, ...prompt.slice(end)];
  },
  decode: (ids) => tokenizer.decode(ids.filter((id) => !softIds.includes(id))),
  withSettings: (settings) => withSoftTokens(tokenizer.withSettings(settings), softIds, at),
});

/** The ids `[start, end)` of a templated conversation that soft tokens replace: none, or those of a text. */
function softTokenSpan(
  tokenizer: ChatTokenizer,
  prompt: readonly number[],
  at: SoftTokenPlace,
  messages: readonly ChatMessage[],
  options: PromptOptions,
): readonly [start: number, end: number] {
  const endOf = (span: PromptSpan) => [span.end, span.end] as const;
  const request = () =>
    findSpan(tokenizer, (text) => editLastUser(messages, () => text), lastUserText(messages), options);
  switch (at) {
    case 'start': {
      const { bosId } = tokenizer;
      const start = bosId !== null && prompt[0] === bosId ? 1 : 0;
      return [start, start];
    }
    case 'user-end':
      return endOf(request());
    case 'user-text': {
      const { start, end } = request();
      return [start, end];
    }
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
      return endOf(findSpan(tokenizer, (text) => editSystem(messages, () => text), first.content, options));
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
