/** A white box that refuses along one direction: its stream is three numbers, worked out by hand. For tests. */
import type { ModelEdit, WhiteBoxModel } from '../../src/models/language-model.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';

/** What tells the model to refuse. */
export const refusal = [0.6, 0.8, 0];
/** What it says where nothing tells it to refuse. */
export const tale = 'Once, to tell a forbidden tale: foxes sang.';
const boundaries = 5;
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/**
 * Refuses requests that hold the word "forbidden". From boundary 2 on the stream of the last token says so along
 * `refusal`; its third number is the length of the prompt, and means nothing.
 */
export function refusingModel(edit: ModelEdit = {}): WhiteBoxModel {
  const streamsOf = (text: string, last: boolean): number[][] => {
    let x = [0, 0, text.length / 100];
    return Array.from({ length: boundaries }, (_, boundary) => {
      if (boundary === 2 && last) {
        const said = text.includes('forbidden') ? 3 : 0;
        x = x.map((value, i) => value + said * refusal[i]!);
      }
      for (const { boundaries: at = [0, 1, 2, 3, 4], ablate, add } of edit.residual ?? []) {
        if (!at.includes(boundary)) continue;
        if (ablate) {
          const along = dot(x, ablate) / dot(ablate, ablate);
          x = x.map((value, i) => value - along * ablate[i]!);
        }
        if (add) x = x.map((value, i) => value + add[i]!);
      }
      return x;
    });
  };
  const base = scripted({ answer: 'unused', cost: () => 0 });
  const grey = scripted({
    next(ids, tokenizer) {
      const { messages, answer } = tokenizer.read(ids);
      const odds = 2 * dot(streamsOf(messages.at(-1)!.content, true).at(-1)!, refusal) - 3;
      const [no, yes] = ['Sorry, no.', tale].map((text) => tokenizer.encode(text)) as [number[], number[]];
      const logits = new Float32Array(tokenizer.vocabSize).fill(-30);
      if (answer.length === 0) {
        logits[no[0]!] = odds;
        logits[yes[0]!] = 0;
      } else logits[(answer[0] === no[0] ? no : yes)[answer.length] ?? [...tokenizer.endIds][0]!] = 0;
      return logits;
    },
  });
  return {
    ...base,
    ...grey,
    access: 'white-box',
    generate: (messages, { edit: given, ...options }) =>
      given ? refusingModel(given).generate(messages, options) : grey.generate(messages, options),
    async hiddenStates(prompt) {
      const text = grey.tokenizer.read(prompt).messages.at(-1)!.content;
      const rows = prompt.map((_, i) => streamsOf(text, i === prompt.length - 1));
      return Array.from({ length: boundaries }, (_, boundary) =>
        Float32Array.from(rows.flatMap((streams) => streams[boundary]!)),
      );
    },
    edited: (change) => ({ ...refusingModel(change), dispose: () => undefined }),
  };
}
