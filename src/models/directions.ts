/** @file Directions inside a model that tell two kinds of requests apart. */
import { user } from '../core/chat.ts';
import { meanOf, plus } from '../core/vectors.ts';
import type { Abortable, WhiteBoxModel } from './language-model.ts';

/** One residual stream: a vector of shape [d] per layer boundary, the embedding first. */
export type Stream = readonly Float32Array[];

/** The residual streams at the positions of `prompt` from `from` on, one per position. */
export async function streamsOf(
  model: Pick<WhiteBoxModel, 'hiddenStates'>,
  prompt: readonly number[],
  from: number,
  options: Abortable = {},
): Promise<readonly Stream[]> {
  const states = await model.hiddenStates(prompt, options);
  return prompt.slice(from).map((_, i) =>
    states.map((state) => {
      const width = state.length / prompt.length;
      return state.subarray((from + i) * width, (from + i + 1) * width);
    }),
  );
}

/** The stream at the last token of each request, right before the answer. @param options `onRead`: told after each */
export async function lastStreams(
  model: WhiteBoxModel,
  requests: readonly string[],
  { onRead, ...options }: Abortable & { readonly onRead?: () => void } = {},
): Promise<readonly Stream[]> {
  const streams: Stream[] = [];
  for (const request of requests) {
    const prompt = model.tokenizer.prompt([user(request)]);
    const [last] = await streamsOf(model, prompt, prompt.length - 1, options);
    // Copies, so that the states of all other positions are given back.
    streams.push(last!.map((state) => state.slice()));
    onRead?.();
  }
  return streams;
}

/**
 * Mean of `a` − mean of `b` at every layer boundary. The last boundary is after the final norm, where no edit acts.
 * @see https://arxiv.org/abs/2406.11717, which calls this of harmful and harmless requests the refusal direction
 */
export const differenceInMeans = (a: readonly Stream[], b: readonly Stream[]): Float64Array[] =>
  a[0]!.map((_, boundary) =>
    plus(meanOf(a.map((stream) => stream[boundary]!)), meanOf(b.map((stream) => stream[boundary]!)), -1),
  );
