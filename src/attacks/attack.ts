/** @file The contract of an attack: an async generator from a behavior to steps and one result. */
import type { Behavior } from '../core/behavior.ts';
import type { ChatMessage } from '../core/chat.ts';
import type { ContrastPrompts } from '../core/contrast.ts';
import { userTurn } from '../core/document.ts';
import type { Access, MethodCard, ModelRole, NoRoles, RolesByChoice, Stated } from '../core/method.ts';
import type { OptionsSpec, OptionValues } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import type { Templates } from '../core/templates.ts';
import type { GivenThought } from '../core/thoughts.ts';
import type { ModelEdit, Sampling } from '../models/language-model.ts';
import type { ModelOfAccess, RoleModels } from '../models/role-models.ts';
import type { AnswerCode, AnswerLanguage } from './parts/answered-in.ts';
import type { SuccessTest } from './parts/success/options.ts';

/** One step of the search, as plain data. A method adds its own plain fields in `detail`. */
export interface AttackStep {
  readonly step: number;
  /** The candidate of this step, as the user would read it. */
  readonly candidate?: string;
  /** Nats per token of the target string, for attacks that have one. */
  readonly loss?: number;
  readonly bestLoss?: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The output of an attack, ready to be sent to any model behind any defense: it is replayed from this alone. */
export interface AttackResult {
  readonly messages: readonly ChatMessage[];
  readonly assistantPrefix?: string;
  /** A thought put in the model's mouth before it answers. */
  readonly assistantThought?: GivenThought;
  /** How the answer is sampled, for attacks on the decoding. Default: as the plan says. */
  readonly sampling?: Sampling;
  /** Names the random stream of that sampling, for attacks that found an answer to reproduce. */
  readonly seed?: string;
  /**
   * The code or the language that the answer may come in, for attacks that ask in one; an answer in plain English counts
   * as well.
   */
  readonly answeredIn?: AnswerCode | AnswerLanguage;
  /** A change inside the model: then only a white-box model can answer. */
  readonly edit?: ModelEdit;
  /** Best loss found, nats per token. */
  readonly loss?: number;
  readonly steps: number;
  /**
   * True if the attack ended in success by the test that it searched with, `null` if that test could not tell. Absent
   * for attacks without such a test. An evaluator of the replayed answer may disagree.
   */
  readonly claimed?: boolean | null;
  /** Present if the plan's budget for attacks ended the search before the method would have. */
  readonly endedBy?: 'budget';
  /** Present for a claimed success in a plan that has successes confirmed. */
  readonly confirmation?: Confirmation;
  /** Present for attacks in which another model writes the prompts one after another. */
  readonly attacker?: AttackerReplies;
  /** How many candidates it tested, and how they fared. Absent for attacks that test no answers while they search. */
  readonly outcomes?: SearchOutcomes;
}

/** What became of a success that a search found, when its prompt was asked again with other seeds. */
export interface Confirmation {
  /** 0: the answer is greedy and no defense draws, so that every repeat would be equal. */
  readonly repeats: number;
  /** Of these, answers that pass the test of the search. If any does not, `claimed` is false. */
  readonly answered: number;
}

/** How the attacker model of a search wrote its prompts. */
export interface AttackerReplies {
  /** What it was asked for in every step: a JSON object with reason and prompt, or plain text. */
  readonly protocol: 'json' | 'plain';
  /** Number of prompts that it was asked for. */
  readonly prompts: number;
  /** Of these, held by a whole JSON object. */
  readonly json: number;
  /** Of these, read from a JSON object that breaks off or is malformed. */
  readonly salvaged: number;
  /** Of these, not readable in any attempt. */
  readonly unreadable: number;
}

/** How many candidates were tried and how many were answered. */
export interface Tally {
  readonly checked: number;
  readonly answered: number;
}

/** Of a search, over the candidates whose answers were tested. */
export interface SearchOutcomes extends Tally {
  readonly test: SuccessTest;
  /** Answers whose words passed and that judge or guard turned down: by words alone, each would have ended the search. */
  readonly falseSuccesses: number;
  /** Answers on which the judge gave no readable verdict. */
  readonly unjudged: number;
  /** By way of asking, in the order of the first try; absent where there is only one. */
  readonly variants?: Readonly<Record<string, Tally>>;
  /** Of prompts that show the effect of wording alone. They are counted apart and are never the result of a search. */
  readonly controls?: Readonly<Record<string, Tally>>;
}

/** What the plan provides to a method besides its target model. */
export interface AttackContext extends MutationContext, RoleModels {
  readonly signal: AbortSignal;
  /** True if the plan assigns a model to `role`, for methods that use one where there is one. */
  fills(role: ModelRole): boolean;
  /** By how much an answer must pass the graded part of a test to count as a success. Default: 0. */
  readonly margin?: number | undefined;
  /**
   * True if the attack has used up what the plan lets it spend on this behavior: a search then ends with the best that it
   * has. Never true before the first step. Asked last, where the search would go on otherwise.
   */
  spent(): boolean;
  /** What the attack learned before, for those that learn; they never learn from the behavior under attack. */
  readonly learned?: unknown;
}

/** What the plan provides while an attack learns. */
export interface LearningContext extends Omit<AttackContext, 'others' | 'learned' | 'spent'> {
  /** Behaviors of the plan and of its sets that are not harmful. */
  readonly harmless: readonly Behavior[];
  /** Requests of both kinds that the plan sets aside for learning; none of them is tested. */
  readonly contrast: ContrastPrompts | null;
}

/** What a method may use without a model. */
export interface MutationContext {
  /** The only source of randomness. */
  readonly random: Random;
  /** The method's own texts in the pack that the lab chose, with those of the user's pack in their place. */
  readonly templates: Templates;
  /** All other behaviors of the plan, of every kind, for attacks that learn from more than one. */
  readonly others: readonly Behavior[];
}

export interface AttackDefinition<S extends OptionsSpec, A extends Access> extends MethodCard {
  readonly access: A;
  readonly options: S;
  /**
   * Harmful behaviors to learn from before the first attack, at most. Goes with `learn`.
   */
  trainsOn?(options: OptionValues<S>, contrast: ContrastPrompts | null): number;
  /**
   * Learn once for a model, before the first attack: every attack is then made with the same result, whatever its
   * behavior. The result is data that can be cloned to another worker.
   * @param training harmful behaviors that the attack is not tested on, in the order in which to take them; none where
   *   the plan has none to spare
   */
  learn?(
    training: readonly Behavior[],
    model: ModelOfAccess[A],
    options: OptionValues<S>,
    context: LearningContext,
  ): AsyncGenerator<AttackStep, unknown>;
  run(
    behavior: Behavior,
    model: ModelOfAccess[A],
    options: OptionValues<S>,
    context: AttackContext,
  ): AsyncGenerator<AttackStep, AttackResult>;
  /**
   * One candidate without a query to any model, for lists of prompts that are made offline: a prompt of the form that
   * `run` sends. Where the options leave several ways of asking open, the method picks one. Absent for methods whose
   * candidates come from another model or from looking at the target.
   *
   * Synchronous and pure: the same behavior, options, templates and state of `context.random` give the same candidate.
   * The result is plain data with `steps: 0` and without `loss` and `claimed`. It may be too long for a given model.
   * @throws LabError 'bad-options' or 'bad-input' when options or templates leave nothing to send
   */
  mutate?(behavior: Behavior, options: OptionValues<S>, context: MutationContext): AttackResult;
}

/** An attack with its types erased, as the registry holds it; the runner checks tier and options before a call. */
export type Attack = AttackDefinition<OptionsSpec, Access>;

export const defineAttack = <
  const S extends OptionsSpec,
  A extends Access,
  const N extends readonly ModelRole[],
  const W extends RolesByChoice = NoRoles,
  const T extends RolesByChoice = NoRoles,
>(
  definition: AttackDefinition<S, A> & Stated<S, N, W, T>,
): Attack & Stated<S, N, W, T> => definition as unknown as Attack & Stated<S, N, W, T>;

/** A behavior whose prompt an earlier attack wrote. An answer is judged by what was wanted before that. */
export interface RewrittenBehavior extends Behavior {
  /** The prompt of the behavior itself. */
  readonly goal: string;
}

/** What an answer must do to count as a success, whatever the prompt has become. */
export const goalOf = (behavior: Behavior | RewrittenBehavior): string =>
  'goal' in behavior ? behavior.goal : behavior.prompt;

/**
 * The conversation that brings `prompt` before the model: with the behavior's own system prompt if it has one, and where
 * an attacker reaches the model only through a document, inside of that document.
 */
export const conversation = (behavior: Behavior, prompt = behavior.prompt): readonly ChatMessage[] => [
  ...(behavior.context === undefined ? [] : [{ role: 'system' as const, content: behavior.context }]),
  userTurn(behavior, prompt),
];
