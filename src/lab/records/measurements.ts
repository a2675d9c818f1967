/** @file What a summary says beyond rates and costs. Each part is absent where there is nothing to measure, and in earlier releases. */
import type { Rate } from '../../core/statistics.ts';
import type { AttackMode } from '../plan/attack-mode.ts';
import type { DetectorCheck } from './detector-check.ts';
import type { EvaluatorCheck, PanelAgreement } from './evaluator-check.ts';

export interface RunMeasurements {
  /** Evaluators beside answers whose truth is known. */
  readonly evaluators?: readonly EvaluatorCheck[];
  readonly agreement?: readonly PanelAgreement[];
  /** Defenses that decide by a score. */
  readonly detectors?: readonly DetectorCheck[];
  readonly budgets?: readonly BudgetCurve[];
  /** Where prompts were asked more than once. */
  readonly samples?: readonly SampledRate[];
}

/** Success over several answers to each final prompt. */
export interface SampledRate {
  readonly model: string;
  readonly attack: string;
  readonly defense: string;
  readonly mode: AttackMode;
  readonly evaluator: string;
  readonly behaviors: number;
  /** Over all answers; the interval counts behaviors, as answers to one prompt resemble each other. */
  readonly answers: Rate;
  readonly atK: readonly SuccessAtK[];
}

/** The chance that at least one of `k` answers to a prompt is a success, without bias; mean over behaviors. */
export interface SuccessAtK {
  readonly k: number;
  /** Those with `k` answers that could be scored. */
  readonly behaviors: number;
  readonly rate: number;
  /** 95 %, over behaviors. */
  readonly interval: readonly [low: number, high: number];
}

/** Success against what it took, where an attack was made: on the bare model, or, adaptive, on a defended one. */
export interface BudgetCurve {
  readonly model: string;
  readonly attack: string;
  readonly defense: string;
  readonly mode: AttackMode;
  readonly evaluator: string;
  /** Behaviors attacked, the denominator of every point. */
  readonly asked: number;
  /** Spent on the model under attack, in forward passes: a query and a scored sequence are one, a gradient three. */
  readonly passes: readonly BudgetPoint[];
  /** Of all models; `null` where some were not counted. */
  readonly tokens: readonly BudgetPoint[] | null;
}

/** How many behaviors had succeeded for no more than `spent`, attack and answer together. */
export interface BudgetPoint {
  readonly spent: number;
  readonly successes: number;
}
