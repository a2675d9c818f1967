/** @file How long a text is for a model. */
import { isScoring, type LanguageModel } from '../../models/language-model.ts';

/** Tokens of `content`; where the model does not show its tokenizer, its bytes, of which no token has less than one. */
export const tokensIn = (model: LanguageModel, content: string): number =>
  isScoring(model) ? model.tokenizer.encode(content).length : new TextEncoder().encode(content).length;
