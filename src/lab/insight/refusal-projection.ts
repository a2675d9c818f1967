/** @file How far the states of each token lie along the direction that tells harmful requests from harmless ones. */
import type { ChatMessage } from '../../core/chat.ts';
import { dot, norm, scaled, type Vector } from '../../core/vectors.ts';
import { differenceInMeans, lastStreams, streamsOf } from '../../models/directions.ts';
import type { Abortable, WhiteBoxModel } from '../../models/language-model.ts';
import type { Projection } from '../records/insight.ts';

/**
 * By layer boundary, the difference between the mean states of harmful and harmless requests right before the answer, of length 1.
 * @see https://arxiv.org/abs/2406.11717
 */
export async function refusalDirections(
  model: WhiteBoxModel,
  contrast: { readonly harmful: readonly string[]; readonly harmless: readonly string[] },
  options: Abortable = {},
): Promise<readonly Float64Array[]> {
  const [harmful, harmless] = [
    await lastStreams(model, contrast.harmful, options),
    await lastStreams(model, contrast.harmless, options),
  ];
  return differenceInMeans(harmful, harmless).map((vector) => scaled(vector, 1 / (norm(vector) || 1)));
}

/** @param directions by boundary; those of the model before training, to see what training moved */
export async function projectionOf(
  model: WhiteBoxModel,
  directions: readonly Vector[],
  messages: readonly ChatMessage[],
  options: Abortable = {},
): Promise<Projection> {
  const prompt = model.tokenizer.prompt(messages, { atAnswer: true });
  const streams = await streamsOf(model, prompt, 0, options);
  return {
    tokens: prompt.map((id) => model.tokenizer.decode([id])),
    values: directions.map((direction, boundary) =>
      streams.map((stream) => dot(stream[boundary]!, direction)),
    ),
  };
}
