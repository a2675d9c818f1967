/** @file Questions about a model's distributions that several methods ask. */
import { mean } from '../core/statistics.ts';
import type { ChatMessage } from '../core/chat.ts';
import type { Abortable, ScoringModel } from './language-model.ts';
import type { PromptOptions } from './chat-tokenizer.ts';

/** The target loss: mean −log-prob of `target` as the start of the answer, nats per token. */
export async function targetLoss(
  model: ScoringModel,
  messages: readonly ChatMessage[],
  target: string,
  options: Abortable & PromptOptions = {},
): Promise<number> {
  const request = {
    prompt: model.tokenizer.prompt(messages, options),
    target: model.tokenizer.encode(target),
  };
  const [logProbs] = await model.logProbs([request], options);
  return -mean(logProbs!);
}

/** Negative log-probs (nats) of each token of `text` after BOS or, for want of one, after its own first token. */
export async function tokenNegativeLogProbs(
  model: ScoringModel,
  text: string,
  options: Abortable = {},
): Promise<Float32Array> {
  const ids = model.tokenizer.encode(text);
  const prompt = model.tokenizer.bosId === null ? ids.splice(0, 1) : [model.tokenizer.bosId];
  if (ids.length === 0) return new Float32Array();
  const [logProbs] = await model.logProbs([{ prompt, target: ids }], options);
  return logProbs!.map((value) => -value);
}
