/** @file The length of a prompt in tokens, counted where the model has a tokenizer and else estimated. */
import type { ChatMessage } from '../core/chat.ts';
import { isScoring, type LanguageModel } from './language-model.ts';

/** A cautious estimate for models without an accessible tokenizer. */
const charactersPerToken = 2.5;
const tokensPerTurn = 6;

/** Tokens of the messages within the model's chat template. */
export const promptTokens = (model: LanguageModel, messages: readonly ChatMessage[]): number =>
  isScoring(model)
    ? model.tokenizer.prompt(messages).length
    : Math.ceil(
        messages.reduce((sum, { content }) => sum + tokensPerTurn + content.length / charactersPerToken, 0),
      );
