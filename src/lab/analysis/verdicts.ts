/** @file What an evaluator says of an answer as yes, no or undecided, and the rate of yes over many answers. */
import { rateOf, type Rate } from '../../core/statistics.ts';
import type { EvaluatorCard } from '../plan/catalogue.ts';
import type { TrialRecord } from '../records/trial.ts';

/** `null`: the evaluator could not tell. */
export const verdictOf = ({ id, yesFrom }: ScoringEvaluator, { scores }: TrialRecord): boolean | null => {
  const value = scores[id]?.value ?? null;
  return value === null ? null : value >= yesFrom;
};

export type ScoringEvaluator = Pick<EvaluatorCard, 'id' | 'measures' | 'yesFrom'>;

export const successRate = (card: ScoringEvaluator, records: readonly TrialRecord[]): Rate =>
  rateOf(records.map((record) => verdictOf(card, record)));
