/** @file Trains vectors in the system turn by their effect on the last hidden state. */
import { system, user } from '../../../core/chat.ts';
import type { Random } from '../../../core/random.ts';
import { rounded, rowsOf } from '../../../core/vectors.ts';
import { streamsOf } from '../../../models/directions.ts';
import type { Abortable, ModelEdit, WhiteBoxModel } from '../../../models/language-model.ts';
import { findSpan } from '../../../models/prompt-span.ts';
import { clipped, createAdamW } from './adamw.ts';

/** Vectors as soft tokens after the text of the system turn. */
export const inSystemTurn = (vectors: readonly (readonly number[])[]): ModelEdit => ({
  softTokens: { vectors, at: 'system-end' },
});

/** The embeddings of the tokens of `text` as the system turn of a conversation. */
export async function embedSystemText(model: WhiteBoxModel, text: string, options: Abortable) {
  const place = (content: string) => [system(content), user('')];
  const { prompt, start, end } = findSpan(model.tokenizer, place, text);
  if (start === end) return [];
  const ids = prompt.slice(start, end);
  return rowsOf(await model.embeddings(ids, options), ids.length).map(rounded);
}

/** The last hidden state at the last token of a prompt, shape [d]. */
export async function lastState(model: WhiteBoxModel, prompt: readonly number[], options: Abortable) {
  const [stream] = await streamsOf(model, prompt, prompt.length - 1, options);
  return stream!.at(-1)!;
}

/** A request to train on. */
export interface Lesson {
  readonly request: string;
  /** Loss of a last hidden state and its gradient, shape [d]. */
  readonly judge: (state: Float32Array) => { readonly loss: number; readonly gradient: Float64Array };
}

export interface SoftPromptTraining extends Abortable {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly random: Random;
  readonly onEpoch?: (epoch: number) => void;
}

const longestGradient = 1;

/** @returns the trained vectors, and the mean loss of each epoch */
export async function trainSoftPrompt(
  model: WhiteBoxModel,
  initial: readonly (readonly number[])[],
  lessons: readonly Lesson[],
  { epochs, batchSize, learningRate, random, signal, onEpoch }: SoftPromptTraining,
) {
  const width = initial[0]!.length;
  const parameters = Float64Array.from(initial.flat());
  const step = createAdamW(parameters, { learningRate });
  const vectors = () => initial.map((_, i) => rounded(parameters.subarray(i * width, (i + 1) * width)));

  /** Total loss and mean gradient of a batch at the current vectors. */
  const evaluate = async (batch: readonly Lesson[]) => {
    const view = model.edited(inSystemTurn(vectors()));
    const gradient = new Float64Array(parameters.length);
    let total = 0;
    try {
      for (const { request, judge } of batch) {
        const prompt = view.tokenizer.prompt([system(''), user(request)]);
        const first = prompt.findIndex((id) => id >= model.tokenizer.vocabSize);
        const { loss, gradient: cotangent } = judge(await lastState(view, prompt, { signal }));
        const last = { position: prompt.length - 1, values: Float32Array.from(cotangent) };
        const slopes = await view.inputGradient(prompt, { hidden: [last] }, { signal });
        for (let i = 0; i < gradient.length; i++) gradient[i]! += slopes[first * width + i]! / batch.length;
        total += loss;
      }
    } finally {
      view.dispose();
    }
    return { total, gradient };
  };

  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.fork(epoch).shuffle(lessons);
    let total = 0;
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = await evaluate(order.slice(start, start + batchSize));
      total += batch.total;
      step(clipped(batch.gradient, longestGradient));
    }
    losses.push(total / lessons.length);
    onEpoch?.(epoch + 1);
  }
  return { vectors: vectors(), losses };
}
