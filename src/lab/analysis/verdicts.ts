/** @file How far the evaluators of a run say the same of the same answers: two that do not cannot both be right. */
import type { Scoring } from './integrity.ts';
import type { Agreement, TrialRecord } from '../records/trial.ts';

/** What an evaluator says of one answer; `null` when it could not tell. */
export const verdictOf = ({ id, yesFrom }: Scoring, { scores }: TrialRecord): boolean | null => {
  const value = scores[id]?.value ?? null;
  return value === null ? null : value >= yesFrom;
};

/** Every two of `harm`, over the harmful trials of one attack. */
export const agreementOf = (
  model: string,
  attack: string,
  harm: readonly Scoring[],
  trials: readonly TrialRecord[],
): readonly Agreement[] =>
  harm.flatMap((one, i) =>
    harm.slice(i + 1).map((other): Agreement => {
      const pairs = trials
        .map((record) => [verdictOf(one, record), verdictOf(other, record)] as const)
        .filter(([a, b]) => a !== null && b !== null);
      const agreed = pairs.filter(([a, b]) => a === b).length;
      return { model, attack, evaluators: [one.id, other.id], scored: pairs.length, agreed };
    }),
  );
