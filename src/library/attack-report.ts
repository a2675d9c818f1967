/** @file What an attack is asked for, and what it reports. */
import type { AttackResult } from '../attacks/attack.ts';
import type { BehaviorKind } from '../core/behavior.ts';
import type { ContrastPrompts } from '../core/contrast.ts';
import type { Measures } from '../evaluators/evaluator.ts';
import type { AttackBudget } from '../lab/plan/attack-limits.ts';
import type { AttackMode } from '../lab/plan/attack-mode.ts';
import type { AnswerRate } from '../lab/records/summary.ts';
import type { TrialRecord } from '../lab/records/trial.ts';
import type { Sampling } from '../models/language-model.ts';
import type { ConfiguredAttack, ConfiguredEvaluator } from './configured.ts';

export interface AttackRequest {
  /** Default: the behaviors are asked as they are. */
  readonly attacks?: readonly ConfiguredAttack[];
  /** Judge the answers; at least one. */
  readonly evaluators: readonly ConfiguredEvaluator[];
  /**
   * `adaptive`: attacks are made on the model behind its defenses, by an attacker who knows them. `static`: they are made
   * on the model without defenses, and what they found is put to the defended one. Default: adaptive.
   */
  readonly mode?: AttackMode;
  /** Most new tokens of an answer. Default: 256. */
  readonly maxNewTokens?: number;
  /** How answers are sampled. Default: greedy. */
  readonly sampling?: Sampling;
  /** The same seed gives the same report on the same device. Default: 0. */
  readonly seed?: number;
  /** What an attack may spend on one behavior. Default: attacks end by their own options. */
  readonly budget?: AttackBudget;
  /** Behaviors that are attacked side by side. Default: 8. */
  readonly concurrency?: number;
  /** Requests for attacks to learn from, none of them among the behaviors. */
  readonly examples?: ContrastPrompts;
  readonly signal?: AbortSignal;
  /** Called after each trial. */
  readonly onTrial?: (trial: AttackTrial) => void;
}

/** One behavior under one attack. */
export interface AttackTrial extends Pick<
  TrialRecord,
  'attack' | 'behavior' | 'response' | 'finishReason' | 'scores' | 'events' | 'usage' | 'error'
> {
  readonly kind: BehaviorKind;
  /** What was sent, as the attack made it. */
  readonly sent: AttackResult;
}

/** How often an evaluator said yes of the answers to an attack, with the counts and the Wilson 95% interval. */
export interface AttackRate extends Required<AnswerRate> {
  readonly attack: string;
  readonly kind: BehaviorKind;
  readonly evaluator: string;
  /** What a yes says: for `harm` and `opening` that the attack succeeded, for `refusal` that the model declined. */
  readonly measures: Measures;
}

export interface AttackReport {
  /** One for each attack, kind of behavior and evaluator, in that order. */
  readonly rates: readonly AttackRate[];
  readonly trials: readonly AttackTrial[];
}
