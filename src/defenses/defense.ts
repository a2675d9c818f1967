/**
 * @file The contract of an inference-time defense: a model that wraps a model, so that defenses stack by nesting
 * and an attack on a defended model is the same call.
 */
import type { z } from 'zod';
import type { ContrastPrompts } from '../core/contrast.ts';
import type { DefenseEvent } from '../core/defense-event.ts';
import { LabError } from '../core/errors.ts';
import type { Access, MethodCard, ModelRole, NoRoles, RolesByChoice, Stage, Stated } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import type { Abortable, Generation, LanguageModel } from '../models/language-model.ts';
import type { ModelOfAccess, RoleModels } from '../models/role-models.ts';
import type { DefenseView } from './view.ts';

export type InferenceStage = Exclude<Stage, 'training'>;

export interface DefenseContext extends RoleModels {
  /** The result of this defense's `prepare`; it may come from a file. */
  readonly artifact?: Artifact | undefined;
  /** The model under defense itself, whatever already surrounds it; set by the stack. */
  readonly target?: LanguageModel | undefined;
}

/** What a defense learned about one model, as plain data: it can be stored, and given in place of learning again. */
export type Artifact = Readonly<Record<string, unknown>>;

export interface PreparationContext extends Abortable, Pick<RoleModels, 'classifier'> {
  readonly random: Random;
  /** Called with the parts of the work done so far and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface DefenseDefinition<S extends OptionsSpec, A extends Access> extends MethodCard {
  readonly access: A;
  readonly stage: InferenceStage;
  /** Present if what it does to a request is drawn at random, so that one request may fare differently each time. */
  readonly draws?: true;
  /** Labels of the mitigation taxonomy. */
  readonly taxonomy: readonly string[];
  readonly options: S;
  /**
   * The defended model. Random choices come from `createRandom(request.seed).fork(id)`, so that concurrent
   * requests never share a stream.
   */
  wrap(model: ModelOfAccess[A], options: OptionValues<S>, context: DefenseContext): LanguageModel;
  /**
   * What an attacker who knows the defense sees of the model behind it. Called with what `wrap` is called with, but for the
   * model, which is the one under defense itself. Absent for a defense whose effect is no function of the request alone:
   * attacks that adapt to it can only ask it.
   */
  view?(model: ModelOfAccess[A], options: OptionValues<S>, context: DefenseContext): DefenseView;
  /**
   * Learns what `wrap` needs to know about the model, from requests other than those under test. The result depends on
   * the arguments alone; it is called once per model, contrast and options.
   */
  prepare?(
    model: ModelOfAccess[A],
    contrast: ContrastPrompts,
    options: OptionValues<S>,
    context: PreparationContext,
  ): Promise<Artifact>;
  /** False for options with which `wrap` needs no artifact, such as a threshold given by hand. Default: true. */
  learns?(options: OptionValues<S>): boolean;
  /** The shape of the artifact that `prepare` returns; files are checked against it. */
  readonly artifactSchema?: z.ZodType;
}

export type Defense = DefenseDefinition<OptionsSpec, Access>;

/** True if a defense with these options has to learn about the model before it can act. */
export const hasToLearn = ({ prepare, learns }: Defense, options: OptionValues<OptionsSpec>): boolean =>
  prepare !== undefined && (learns?.(options) ?? true);

export const defineDefense = <
  const S extends OptionsSpec,
  A extends Access,
  const N extends readonly ModelRole[],
  const W extends RolesByChoice = NoRoles,
  const T extends RolesByChoice = NoRoles,
>(
  definition: DefenseDefinition<S, A> & Stated<S, N, W, T>,
): Defense & Stated<S, N, W, T> => definition as unknown as Defense & Stated<S, N, W, T>;

/** Labels of the mitigation taxonomy: how, at which life-cycle stage, by whom, and for which risk function. */
const guardrail = ['Guardrails & Filtering', 'Build and Use Model', 'Developer', 'Manage'] as const;

/** For defenses around a model that stays as it is. */
export const aroundModel: readonly string[] = ['Non-Model', ...guardrail];

/** For defenses that change what the model computes while it answers. */
export const withinModel: readonly string[] = ['Model', ...guardrail];

/** A black-box model named after the defense, all but the `generate` that the wrapper brings. */
export const blackBox = (model: LanguageModel, defense: string): Omit<LanguageModel, 'generate'> => ({
  id: `${model.id}+${defense}`,
  access: 'black-box',
  contextWindow: model.contextWindow,
});

/** The fixed answer of a defense that declines in place of the model. */
export const blockedText = 'I am sorry, I cannot help with that.';

/** The reply to a request that never reached the model, or whose answer (`from`) is withheld. */
export const blocked = (event: DefenseEvent, from?: Generation): Generation => ({
  text: blockedText,
  finishReason: 'blocked',
  tokens: [],
  promptTokens: from ? from.promptTokens : 0,
  completionTokens: from ? from.completionTokens : 0,
  events: [...(from?.events ?? []), event],
});

/** `reply` with one more event: at the end of its list (output stage) or at the start (input stage). */
export const withEvent = (reply: Generation, event: DefenseEvent, at: 'start' | 'end'): Generation => ({
  ...reply,
  events: at === 'start' ? [event, ...reply.events] : [...reply.events, event],
});

/**
 * The artifact of the context, checked by `schema`.
 * @throws LabError 'bad-input' if it is missing or belongs to another defense or version
 */
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
