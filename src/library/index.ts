/** @file Entry `glovebox`: what an app ships. */
export * from './defenses.ts';
export {
  learned,
  withDefenses,
  type ChatOptions,
  type ChatReply,
  type DefendedModel,
} from './with-defenses.ts';
export type { ConfiguredDefense } from './configured.ts';
export { LabError, type LabErrorCode } from '../core/errors.ts';
export type { ChatMessage } from '../core/chat.ts';
export type { ContrastPrompts } from '../core/contrast.ts';
export type { DefenseEvent } from '../core/defense-event.ts';
export type { GenerateOptions, Generation, LanguageModel, ScoringModel } from '../models/language-model.ts';
export type { TextClassifier } from '../models/text-classifier.ts';
