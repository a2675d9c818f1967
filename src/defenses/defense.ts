/**
 * @file The contract of an inference-time defense: a model that wraps a model, so that defenses stack by nesting
 * and an attack on a defended model is the same call.
 */
import type { Access, ClassifierRole, LanguageRole, MethodCard, Stage } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import type { DefenseEvent, Generation, LanguageModel, ScoringModel } from '../models/language-model.ts';
import type { TextClassifier } from '../models/text-classifier.ts';

export type InferenceStage = Exclude<Stage, 'training'>;

export interface DefenseContext {
  /** The model that plays a role named in `needs`. */
  role(role: LanguageRole): LanguageModel;
  classifier(role: ClassifierRole): TextClassifier;
}

export interface DefenseDefinition<S extends OptionsSpec, A extends Access> extends MethodCard {
  readonly access: A;
  readonly stage: InferenceStage;
  readonly options: S;
  /**
   * The defended model. Random choices come from `createRandom(request.seed).fork(id)`, so that concurrent
   * requests never share a stream.
   */
  wrap(
    model: A extends 'black-box' ? LanguageModel : ScoringModel,
    options: OptionValues<S>,
    context: DefenseContext,
  ): LanguageModel;
}

export type Defense = DefenseDefinition<OptionsSpec, Access>;

export const defineDefense = <const S extends OptionsSpec, A extends Access>(
  definition: DefenseDefinition<S, A>,
): Defense => definition as unknown as Defense;

/** A wrapper's outer face: black-box, named after the defense, with `generate` left to the wrapper. */
export const blackBox = (model: LanguageModel, defense: string): Omit<LanguageModel, 'generate'> => ({
  id: `${model.id}+${defense}`,
  access: 'black-box',
  contextWindow: model.contextWindow,
});

/** The fixed answer of a defense that declines in the model's place. */
export const blockedText = 'I am sorry, I cannot help with that.';

/** The reply of a request that never reached the model, or whose answer is withheld. */
export const blocked = (event: DefenseEvent, from?: Generation): Generation => ({
  text: blockedText,
  finishReason: 'blocked',
  tokens: [],
  promptTokens: from?.promptTokens ?? 0,
  completionTokens: from?.completionTokens ?? 0,
  events: [...(from?.events ?? []), event],
});

/** `reply` with one more event at the end of its chain (output stage) or at its start (input stage). */
export const withEvent = (reply: Generation, event: DefenseEvent, at: 'start' | 'end'): Generation => ({
  ...reply,
  events: at === 'start' ? [event, ...reply.events] : [...reply.events, event],
});
