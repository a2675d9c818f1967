/** @file The contract of an attack: an async generator from a behavior to steps and one result. */
import type { Behavior } from '../core/behavior.ts';
import type { ChatMessage } from '../core/chat.ts';
import type { Access, MethodCard } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import type { Templates } from '../core/templates.ts';
import type { ModelEdit, Sampling } from '../models/language-model.ts';
import type { ModelOfAccess, RoleModels } from '../models/role-models.ts';
import type { AnswerCode } from './parts/answer-codes.ts';
import type { AnswerLanguage } from './parts/answer-languages.ts';

/** One look at the search, as plain data. A method adds its own plain fields in `detail`. */
export interface AttackStep {
  readonly step: number;
  /** The candidate of this step, as the user would read it. */
  readonly candidate?: string;
  /** Nats per token of the target string, for attacks that have one. */
  readonly loss?: number;
  readonly bestLoss?: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What can be sent to any model behind any defense: an attack's output is replayed from this alone. */
export interface AttackResult {
  readonly messages: readonly ChatMessage[];
  readonly assistantPrefix?: string;
  /** How the answer is sampled, for attacks on the decoding. Default: as the plan says. */
  readonly sampling?: Sampling;
  /** Names the random stream of that sampling, for attacks that found an answer worth having once more. */
  readonly seed?: string;
  /**
   * The code or the language that the answer may come in, for attacks that talk in one; an answer in plain English
   * counts as well.
   */
  readonly answeredIn?: AnswerCode | AnswerLanguage;
  /** What is changed inside the model: then only a white-box model can answer. */
  readonly edit?: ModelEdit;
  /** Best loss found, nats per token. */
  readonly loss?: number;
  readonly steps: number;
  /**
   * Whether the attack believed that it had succeeded when it ended, by the test it searched with; `null` if that
   * test could not tell. Absent for attacks without one. What an evaluator says of the replayed answer may differ.
   */
  readonly claimed?: boolean | null;
}

/** What the plan gives a method beside its target. */
export interface AttackContext extends MutationContext, RoleModels {
  readonly signal: AbortSignal;
  /** The other behaviors there are, of every kind, for attacks that learn from more than one. */
  readonly others: readonly Behavior[];
}

/** What a method may use that asks no model. */
export interface MutationContext {
  readonly random: Random;
  /** The method's own texts, those of the plan's template pack in their place. */
  readonly templates: Templates;
}

export interface AttackDefinition<S extends OptionsSpec, A extends Access> extends MethodCard {
  readonly access: A;
  readonly options: S;
  run(
    behavior: Behavior,
    model: ModelOfAccess[A],
    options: OptionValues<S>,
    context: AttackContext,
  ): AsyncGenerator<AttackStep, AttackResult>;
  /** One candidate without querying the target, where the method allows it. */
  mutate?(behavior: Behavior, options: OptionValues<S>, context: MutationContext): AttackResult;
}

/** An attack whose types are erased: what the registry holds and the runner calls after checking tier and options. */
export type Attack = AttackDefinition<OptionsSpec, Access>;

export const defineAttack = <const S extends OptionsSpec, A extends Access>(
  definition: AttackDefinition<S, A>,
): Attack => definition as unknown as Attack;

/** The conversation that puts `prompt` to the model, with the behavior's own system prompt if it has one. */
export const conversation = (behavior: Behavior, prompt = behavior.prompt): readonly ChatMessage[] => [
  ...(behavior.context === undefined ? [] : [{ role: 'system' as const, content: behavior.context }]),
  { role: 'user', content: prompt },
];
