/** @file How far the evaluators of a run say the same of the same answers: two that do not cannot both be right. */
import { rateOf, type Rate } from '../../core/statistics.ts';
import type { EvaluatorCard } from '../plan/catalogue.ts';
import type { TrialRecord } from '../records/trial.ts';

/** What an evaluator says of one answer; `null` when it could not tell. */
export const verdictOf = ({ id, yesFrom }: ScoringEvaluator, { scores }: TrialRecord): boolean | null => {
  const value = scores[id]?.value ?? null;
  return value === null ? null : value >= yesFrom;
};

export type ScoringEvaluator = Pick<EvaluatorCard, 'id' | 'measures' | 'yesFrom'>;

export const successRate = (card: ScoringEvaluator, records: readonly TrialRecord[]): Rate =>
  rateOf(records.map((record) => verdictOf(card, record)));
