/**
 * @file The contract of an inference-time defense: a model that wraps a model, so that defenses stack by nesting
 * and an attack on a defended model is the same call.
 */
import type { z } from 'zod';
import type { ContrastPrompts } from '../core/contrast.ts';
import type { DefenseEvent } from '../core/defense-event.ts';
import { LabError } from '../core/errors.ts';
import type { Access, MethodCard, Stage } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import type { Abortable, Generation, LanguageModel } from '../models/language-model.ts';
import type { ModelOfAccess, RoleModels } from '../models/role-models.ts';

export type InferenceStage = Exclude<Stage, 'training'>;

export interface DefenseContext extends RoleModels {
  /** The result of this defense's `prepare`; it may come from a file. */
  readonly artifact?: Artifact | undefined;
}

/** What a defense learned about one model, as plain data: it can be stored, and given instead of learning again. */
export type Artifact = Readonly<Record<string, unknown>>;

export interface PreparationContext extends Abortable {
  readonly random: Random;
  /** Told how much of the work is done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface DefenseDefinition<S extends OptionsSpec, A extends Access> extends MethodCard {
  readonly access: A;
  readonly stage: InferenceStage;
  /** Labels of the mitigation taxonomy. */
  readonly taxonomy: readonly string[];
  readonly options: S;
  /**
   * The defended model. Random choices come from `createRandom(request.seed).fork(id)`, so that concurrent
   * requests never share a stream.
   */
  wrap(model: ModelOfAccess[A], options: OptionValues<S>, context: DefenseContext): LanguageModel;
  /**
   * What `wrap` has to know about the model beforehand, learned from requests that are not those under test. Depends on
   * its arguments alone, and is called once for a model, its contrast and these options.
   */
  prepare?(
    model: ModelOfAccess[A],
    contrast: ContrastPrompts,
    options: OptionValues<S>,
    context: PreparationContext,
  ): Promise<Artifact>;
  /** The shape of the artifact that `prepare` returns; files are checked against it. */
  readonly artifactSchema?: z.ZodType;
}

export type Defense = DefenseDefinition<OptionsSpec, Access>;

export const defineDefense = <const S extends OptionsSpec, A extends Access>(
  definition: DefenseDefinition<S, A>,
): Defense => definition as unknown as Defense;

/** Labels of the mitigation taxonomy: what is changed, how, at which life-cycle stage, by whom, to which end. */
const guardrail = ['Guardrails & Filtering', 'Build and Use Model', 'Developer', 'Manage'] as const;

/** Acts around the model and leaves it as it is. */
export const aroundModel: readonly string[] = ['Non-Model', ...guardrail];

/** Acts on what the model computes while it answers. */
export const withinModel: readonly string[] = ['Model', ...guardrail];

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

/** An artifact read by `schema`. @throws LabError 'bad-input' if it is missing or of another defense or version */
export function artifactOf<T>(
  { artifact }: DefenseContext,
  schema: { safeParse(data: unknown): { success: true; data: T } | { success: false } },
  defense: string,
): T {
  const parsed = schema.safeParse(artifact);
  if (parsed.success) return parsed.data;
  throw new LabError(
    'bad-input',
    `"${defense}" is not prepared for this model, or what it learned is damaged.`,
    {
      advice: 'Leave its "artifact" out of the plan, so that it is learned anew.',
    },
  );
}
