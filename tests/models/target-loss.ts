/** @file The loss that attacks report, computed anew from the model, for tests to compare with. */
import type { ChatMessage } from '../../src/core/chat.ts';
import { mean } from '../../src/core/statistics.ts';
import type { PromptOptions } from '../../src/models/chat-tokenizer.ts';
import type { Abortable, ScoringModel } from '../../src/models/language-model.ts';

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
