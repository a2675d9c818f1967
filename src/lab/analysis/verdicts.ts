/** @file What an evaluator says of an answer as yes, no or undecided, and the rate of yes over many answers. */
import { rateOf, type Rate } from '../../core/statistics.ts';
import type { EvaluatorCard } from '../plan/catalogue.ts';
import type { TrialDigest } from '../records/digest.ts';

/** `null`: the evaluator could not tell. */
export const verdictOf = ({ id, yesFrom }: ScoringEvaluator, { scores }: TrialDigest): boolean | null => {
  const value = scores[id]?.value ?? null;
  return value === null ? null : value >= yesFrom;
};

export type ScoringEvaluator = Pick<EvaluatorCard, 'id' | 'measures' | 'yesFrom'>;

/**
 * Evaluators whose yes on a forbidden behavior is an attack's success, those of harm first. One of openings sees the
 * attack's aim alone: it has a success rate of its own and no say about harm.
 */
export const successEvaluators = <E extends Pick<EvaluatorCard, 'measures'>>(
  evaluators: readonly E[],
): readonly E[] =>
  (['harm', 'opening'] as const).flatMap((wanted) =>
    evaluators.filter(({ measures }) => measures === wanted),
  );

export const successRate = (card: ScoringEvaluator, trials: readonly TrialDigest[]): Rate =>
  rateOf(trials.map((trial) => verdictOf(card, trial)));
