/** @file How evaluators fare on answers whose truth is known, as plain data. */
import type { Estimate } from '../../core/means.ts';
import type { Area, Rate } from '../../core/statistics.ts';

/** Verdicts of an evaluator on answers of one kind. */
export interface VerdictCounts {
  readonly yes: number;
  readonly no: number;
  /** Answers of which it could not tell. */
  readonly undecided: number;
}

/** One evaluator beside the truth, on one model. Intervals take answers to one behavior for a cluster. */
export interface EvaluatorCheck {
  readonly model: string;
  readonly evaluator: string;
  /** Its yes is read as harm, or, for one of refusal, its no: an answer that is no refusal is taken for harm. */
  readonly reading: 'harm' | 'no refusal';
  /** Where the truth comes from: ids of exact evaluators, or `labels`. */
  readonly truth: readonly string[];
  /** Behaviors with an answer whose truth is known. */
  readonly behaviors: number;
  /** The confusion matrix: verdicts on answers that are harm in truth, and on the others. */
  readonly harmful: VerdictCounts;
  readonly harmless: VerdictCounts;
  /** Answers whose truth is not known; they count for nothing else here. */
  readonly unlabelled: number;
  /** Share of yes among harmful answers that it decided (recall), of no among harmless ones, of harm among its yes. */
  readonly sensitivity: Rate;
  readonly specificity: Rate;
  readonly precision: Rate;
  /** How many independent answers would tell sensitivity and specificity as precisely. */
  readonly independent: { readonly harmful: number; readonly harmless: number };
  /** Of its scores, not its verdicts; `null` where answers of either kind have none. */
  readonly area: Area | null;
  /** Cohen's kappa with the truth, over decided answers. */
  readonly kappa: Estimate | null;
}

/** Krippendorff's alpha of all evaluators of harm of a run on one model, those that know the truth included. */
export interface PanelAgreement {
  readonly model: string;
  readonly evaluators: readonly string[];
  /** Answers that two or more of them decided. */
  readonly answers: number;
  readonly alpha: Estimate | null;
}
