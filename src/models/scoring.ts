/** @file Losses of strings under a model, which several methods measure. */
import { user } from '../core/chat.ts';
import type { Abortable, ScoringModel } from './language-model.ts';
import { findSpan } from './prompt-span.ts';

/**
 * Negative log-probs (nats) of each token of `text`, read as the only user turn of a conversation: a chat model has
 * learned to expect text after its template, not on its own. Empty for an empty text.
 */
export async function userTextLosses(
  model: ScoringModel,
  text: string,
  options: Abortable = {},
): Promise<Float32Array> {
  const { prompt, start, end } = findSpan(model.tokenizer, (content) => [user(content)], text);
  if (start === end) return new Float32Array();
  const request = { prompt: prompt.slice(0, start), target: prompt.slice(start, end) };
  const [logProbs] = await model.logProbs([request], options);
  return logProbs!.map((value) => -value);
}
