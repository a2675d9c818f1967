/** @file The summary of a run, as plain data: rates, costs, and checks on the outputs behind them. */
import type { SearchOutcomes } from '../../attacks/attack.ts';
import type { Estimate } from '../../core/means.ts';
import type { Pairs } from '../../core/paired.ts';
import type { Rate } from '../../core/statistics.ts';
import type { ComputePrecision } from '../../models/precision.ts';
import type { Access } from '../../core/method.ts';
import type { Sight } from '../../defenses/view.ts';
import type { LearningCosts } from '../plan/artifacts.ts';
import type { AttackMode } from '../plan/attack-mode.ts';
import type { Integrity } from './integrity.ts';
import type { RunMeasurements } from './measurements.ts';
import type { DeviceInfo } from './run.ts';

/** The `--json` summary of a run, and what the matrix shows. */
export interface RunSummary extends RunMeasurements {
  readonly plan: string;
  readonly seed: number;
  readonly device: DeviceInfo;
  readonly elapsedMs: number;
  /** In which the models under attack computed, by model; absent where none says. */
  readonly precisions?: Readonly<Record<string, readonly ComputePrecision[]>>;
  readonly cells: readonly Cell[];
  readonly overRefusal: readonly OverRefusal[];
  readonly utility: readonly Utility[];
  /** Tasks of users while they are attacked; absent in summaries of earlier releases. */
  readonly attackedUtility?: readonly AttackedUtility[];
  readonly speed: readonly Speed[];
  readonly overhead: readonly Overhead[];
  /** Of the defenses that learned; absent where none did, and in summaries of earlier releases. */
  readonly preparation?: readonly Preparation[];
  readonly claims: readonly ClaimCheck[];
  /** Searches beside their baselines, where the plan holds both; absent in summaries of earlier releases. */
  readonly baselines?: readonly BaselineCheck[];
  /** Cells beside others that asked the same behaviors; absent in summaries of earlier releases. */
  readonly comparisons?: readonly PairedCheck[];
  /** Models under attack beside the first one; absent for one model, and in summaries of earlier releases. */
  readonly targets?: readonly TargetCheck[];
  readonly integrity: Integrity;
}

/** A cell and another that asked the same behaviors, paired by behavior. */
export interface PairedCheck extends Pairs {
  readonly model: string;
  readonly evaluator: string;
  readonly measure: 'success' | 'over-refusal' | 'utility';
  /** The first of the pair. */
  readonly attack: string;
  readonly defense: string;
  /** The second: the same attack without a defense, or asking plainly without one. */
  readonly with: 'none' | 'direct-request';
  /** Of the first of the pair; absent: static, as the second always is. */
  readonly mode?: AttackMode;
  /** McNemar's exact test, two-sided, not adjusted; `null` without a pair. */
  readonly p: number | null;
}

/** A model under attack and the first of the plan, on what both were asked, paired by behavior. The first of a pair is `model`. */
export interface TargetCheck extends Pairs {
  readonly model: string;
  readonly beside: string;
  readonly defense: string;
  readonly evaluator: string;
  /** Success of one attack, or of any of them. */
  readonly measure: 'success' | 'any attack' | 'over-refusal' | 'utility';
  /** Of `success`. */
  readonly attack?: string;
  /** Absent: static. */
  readonly mode?: AttackMode;
  /** Of the paired behaviors, those on which both were sent the same text; absent without an attack. */
  readonly samePrompts?: number;
  /** Behaviors on which both are a yes. */
  readonly both: number;
  /** McNemar's exact test, two-sided, not adjusted. */
  readonly p: number | null;
}

/**
 * The rate of a cell as it counts for the user: no answer, or an empty one, does no harm, solves nothing, and is the refusal
 * of a harmless request. `n` trials were asked; `scored` counts all but the undecided, and is the denominator of `rate`.
 */
export interface AnswerRate extends Rate {
  /** Absent in summaries of earlier releases, whose rates leave out failed and empty answers. */
  readonly answers?: AnswerCounts;
}

/** What became of the trials behind a rate. */
export interface AnswerCounts {
  /** Trials without an answer, for the reason in their record. */
  readonly failed: number;
  readonly empty: number;
  /** Answers of which the evaluator could not tell. */
  readonly undecided: number;
  /** Answers cut at the greatest length, or in the middle by a defense. */
  readonly truncated: number;
  /** Over scored answers alone; its `n` counts the trials that were answered. */
  readonly conditional: Rate;
  /** The rate over all trials if every undecided answer were a no, and if every one were a yes. */
  readonly bounds: readonly [low: number, high: number];
}

/** Harmful behaviors under one attack in one mode and one defense, by one evaluator of harm or of openings. */
export interface Cell extends AnswerRate, Costs {
  readonly model: string;
  readonly attack: string;
  readonly defense: string;
  readonly evaluator: string;
  /** Absent in summaries of earlier releases, in which every attack is static. */
  readonly mode?: AttackMode;
  /**
   * Of an adaptive attack: the tier of access at which it saw the defended model; `null` if the defenses could not be seen
   * at the tier that it needs, so that no trial was made.
   */
  readonly tier?: Access | null;
  /**
   * The rate without the errors of the evaluator, as measured on answers of the model whose truth is known; absent where
   * these are too few. It holds as far as the evaluator errs here as often as there.
   */
  readonly corrected?: Estimate;
  /** What of the defenses it saw in another way than in plain log-probs; absent for nothing. */
  readonly sights?: readonly Sight[];
  /** Searches that the plan's budget for attacks ended; absent for none. */
  readonly endedByBudget?: number;
  /** False if the other mode is worse for the defender, and stands for both in tables and conclusions; else absent. */
  readonly headline?: false;
  /**
   * What making the attacks took, where they were made: `Costs` of the cell itself are of answers and verdicts alone. In
   * summaries of earlier releases it is absent, and the making is in the costs of every cell.
   */
  readonly making?: Costs;
}

/** Sums over trials. */
export interface Costs {
  /** Calls of the model under attack. */
  readonly queries: number;
  /** Sequences that the model under attack scored without generating. */
  readonly sequences: number;
  readonly gradients: number;
  /** Prompt and completion tokens of all models; `null` if some were not counted. */
  readonly tokens: number | null;
  readonly elapsedMs: number;
}

/** Benign look-alikes asked directly. */
export interface OverRefusal extends Omit<AnswerRate, 'successes'> {
  readonly model: string;
  readonly defense: string;
  readonly refused: number;
}

/** Plain benign behaviors asked directly. */
export interface Utility extends Omit<AnswerRate, 'successes'> {
  readonly model: string;
  readonly defense: string;
  readonly solved: number;
}

/** Harmful behaviors in which a user has a task of his own that can be graded, under one attack. */
export interface AttackedUtility extends Utility {
  readonly attack: string;
  readonly mode: AttackMode;
}

/**
 * Everything asked directly. Means in ms, `null` where nothing was measured. Behind a defense, over the requests that were
 * answered with it and without; differences are of the same requests.
 */
export interface Speed {
  readonly model: string;
  readonly defense: string;
  readonly n: number;
  /** Another engine wrote these answers than the undefended ones, so that nothing is compared. */
  readonly otherEngine?: true;
  readonly firstTokenMs: number | null;
  /** Delay compared with the undefended model. */
  readonly addedFirstTokenMs: number | null;
  readonly addedFirstTokenInterval: Interval | null;
  readonly tokenMs: number | null;
  /** Time per token, as a multiple of that of the undefended model (SafeDecoding's ATGR). */
  readonly tokenTimeRatio: number | null;
  readonly tokenTimeRatioInterval: Interval | null;
}

/** 95 %. */
export type Interval = readonly [low: number, high: number];

/**
 * What an answer takes on all models behind a defense, less what the undefended answer to the same request takes, as the lab
 * counts it; everything asked directly. Negative where a defense declines before anything is written.
 */
export interface Overhead {
  readonly model: string;
  readonly defense: string;
  /** Requests asked with the defense and without. */
  readonly n: number;
  /** Texts generated, scored or classified; mean per request. */
  readonly queries: Estimate;
  /** Read, written and scored; mean per request; `null` if some were not counted. */
  readonly tokens: Estimate | null;
}

/**
 * What a defense took to learn before the first trial, the setting of its threshold included, on all models together. It is
 * in the costs of no attack and of no answer.
 */
export interface Preparation extends LearningCosts {
  readonly model: string;
  /** Its id, whatever stacks it is in. */
  readonly defense: string;
}

/**
 * Attack-time success (the attack's own verdict at its end) beside replay success (the evaluators' verdict on the
 * undefended answer to its recorded result). Only for attacks that test their success while they search.
 */
export interface ClaimCheck {
  readonly model: string;
  readonly attack: string;
  readonly claimed: Rate;
  readonly replayed: readonly (Rate & { readonly evaluator: string })[];
  /** What the searches found of their candidates; absent in summaries of earlier releases. */
  readonly search?: SearchSummary;
}

/** Sums over the searches of one attack. */
export interface SearchSummary {
  /** What decided that an answer was a success. */
  readonly tests: readonly SearchOutcomes['test'][];
  /** Candidates whose answers were tested. */
  readonly checked: number;
  readonly answered: number;
  /** Answers whose words passed, and that judge or guard turned down. */
  readonly falseSuccesses: number;
  readonly unjudged: number;
  /** Behaviors on which each way of asking was tried, and on how many it was answered. */
  readonly variants?: readonly NamedRate[];
  /** Prompts that show the effect of wording alone, apart from all results. */
  readonly controls?: readonly NamedRate[];
}

export interface NamedRate extends Rate {
  readonly name: string;
}

/** A search and its baseline on the undefended model, paired by behavior. */
export interface BaselineCheck {
  readonly model: string;
  readonly attack: string;
  readonly baseline: string;
  readonly evaluator: string;
  /** Behaviors on which both were scored; the counts below are over these. */
  readonly paired: number;
  readonly successes: number;
  /** Within the attack's budget. */
  readonly baselineSuccesses: number;
  /** Behaviors on which the attack alone succeeds, and those on which the baseline alone does. */
  readonly onlyAttack: number;
  readonly onlyBaseline: number;
  /** McNemar's exact test, two-sided; `null` without a pair. */
  readonly p: number | null;
  /**
   * In forward passes, a query and a scored sequence being one and a gradient three: what the attack spent on the behavior
   * that cost it most (`null` for one that learns before, which is not counted), and the least that the baseline spent on
   * one where it failed. Less means that it was given less.
   */
  readonly budget: { readonly attack: number | null; readonly baseline: number };
  /** What each asked of the model under attack, the answer included: means over these behaviors. */
  readonly spent: { readonly attack: Spending; readonly baseline: Spending };
}

/** Calls of the model under attack. */
export interface Spending {
  readonly queries: number;
  /** Sequences that it scored without generating. */
  readonly sequences: number;
  readonly gradients: number;
}
