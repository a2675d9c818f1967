/** @file A model that is edited for some prompts and not for others, as one model that can be read. */
import { LabError } from '../core/errors.ts';
import { groupedBy } from '../core/groups.ts';
import type { Abortable, DecodeSession, EditedModel, WhiteBoxModel } from '../models/language-model.ts';
import type { ConditionalEdit } from './view.ts';

/**
 * `model` with the edit in place for the prompts that meet its condition. Every reading is that of the side that its prompt
 * is on, exactly; what the condition itself would change is in no gradient.
 * @param read the prompt from which the condition is read: that of the conversation, without the beginning of an answer
 * @returns a model to be disposed of, which leaves `model` usable
 */
export function conditionalModel(
  model: WhiteBoxModel,
  { edit, isMet }: ConditionalEdit,
  read: (prompt: readonly number[]) => readonly number[],
): EditedModel {
  let edited: EditedModel | undefined;
  const sideOf = async (prompt: readonly number[], { signal }: Abortable = {}): Promise<WhiteBoxModel> =>
    (await isMet(model, read(prompt), { signal })) ? (edited ??= model.edited(edit)) : model;

  /** The indices of `prompts` by the model of their side. */
  const sidesOf = async (prompts: readonly (readonly number[])[], options?: Abortable) => {
    const sides = await Promise.all(prompts.map((prompt) => sideOf(prompt, options)));
    return groupedBy([...prompts.keys()], (index) => sides[index]!);
  };

  return {
    ...model,
    async logProbs(requests, options) {
      const scores: Float32Array[] = [];
      for (const [side, own] of await sidesOf(
        requests.map(({ prompt }) => prompt),
        options,
      )) {
        const values = await side.logProbs(
          own.map((index) => requests[index]!),
          options,
        );
        own.forEach((index, i) => (scores[index] = values[i]!));
      }
      return scores;
    },
    async open(prompts, options) {
      const parts: Part[] = [];
      for (const [side, own] of await sidesOf(prompts, options)) {
        const session = await side.open(
          own.map((index) => prompts[index]!),
          options,
        );
        parts.push({ session, own });
      }
      return parts.length === 1 ? parts[0]!.session : joined(parts);
    },
    tokenGradient: async (request, options) =>
      (await sideOf(request.prompt, options)).tokenGradient(request, options),
    embeddingGradient: async (request, options) =>
      (await sideOf(request.prompt, options)).embeddingGradient(request, options),
    inputGradient: async (prompt, cotangents, options) =>
      (await sideOf(prompt, options)).inputGradient(prompt, cotangents, options),
    hiddenStates: async (prompt, options) => (await sideOf(prompt, options)).hiddenStates(prompt, options),
    async weightGradients(requests, use, options) {
      const [[side] = [model], other] = await sidesOf(
        requests.map(({ prompt }) => prompt),
        options,
      );
      if (other !== undefined) throw twoSides();
      return side.weightGradients(requests, use, options);
    },
    dispose() {
      edited?.dispose();
      edited = undefined;
    },
  };
}

const twoSides = () =>
  new LabError(
    'not-supported',
    'These requests are steered in part, so that they have no gradients in common.',
    {
      advice: 'Ask for their gradients one by one.',
    },
  );

/** Some rows of a session that other sessions decode. */
interface Part {
  readonly session: DecodeSession;
  /** Where its rows stand in the whole, in their order. */
  readonly own: readonly number[];
}

/** Sessions side by side, as one. */
function joined(initial: readonly Part[]): DecodeSession {
  let parts = initial;
  const find = (row: number): readonly [Part, number] => {
    const part = parts.find(({ own }) => own.includes(row))!;
    return [part, part.own.indexOf(row)];
  };
  const each = async (act: (part: Part) => Promise<void>) => {
    for (const part of parts) await act(part);
  };
  return {
    get rows() {
      return parts.reduce((sum, { own }) => sum + own.length, 0);
    },
    logits(row) {
      const [{ session }, at] = find(row);
      return session.logits(at);
    },
    advance: (tokens) => each(({ session, own }) => session.advance(own.map((row) => tokens[row]!))),
    async keep(rows) {
      const kept: Part[] = [];
      await each(async ({ session, own }) => {
        const staying = [...rows.keys()].filter((i) => own.includes(rows[i]!));
        if (staying.length === 0) return session.close();
        await session.keep(staying.map((i) => own.indexOf(rows[i]!)));
        kept.push({ session, own: staying });
      });
      parts = kept;
    },
    close: () => each(({ session }) => session.close()),
  };
}
