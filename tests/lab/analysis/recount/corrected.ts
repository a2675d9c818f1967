/** @file Success without the errors of its evaluator. */
import type { evaluators } from './evaluators.ts';
import { rate, z2 } from './numbers.ts';
import { verdict, type Card, type Trial } from './trials.ts';

type Check = ReturnType<typeof evaluators>[number];

const clipped = (value: number) => Math.min(1, Math.max(0, value));

/** A share with one more of each kind, and its squared error. */
function smooth(share: number, n: number) {
  const more = (n * share + 1) / (n + 2);
  return [more, (more * (1 - more)) / (n + 2)] as const;
}

/** Rogan and Gladen's rate, with the interval of Lang and Reiczigel, over the trials that have an answer. */
export function corrected(card: Card, trials: readonly Trial[], checks: readonly Check[]) {
  const check = checks.find(({ model, evaluator }) => model === trials[0]!.model && evaluator === card.id);
  if (card.measures !== 'harm' || !check) return null;
  const { sensitivity, specificity, independent } = check;
  if (Math.min(sensitivity.scored, specificity.scored) < 15) return null;
  const answered = trials.filter((trial) => verdict(card, trial) !== null || !trial.isNone);
  const { rate: share, scored: n } = rate(answered.map((trial) => verdict(card, trial)));
  const [se, sp] = [sensitivity.rate!, specificity.rate!];
  if (share === null || se + sp <= 1) return null;
  const p = (n * share + z2 / 2) / (n + z2);
  const [[se2, seError], [sp2, spError]] = [
    smooth(se, independent.harmful),
    smooth(sp, independent.harmless),
  ];
  const gain = se2 + sp2 - 1;
  const middle = (p + sp2 - 1) / gain;
  const error = (p * (1 - p)) / (n + z2) + middle ** 2 * seError + (1 - middle) ** 2 * spError;
  const shifted = middle + 2 * z2 * (middle * seError - (1 - middle) * spError);
  const [low, high] = [-1, 1].map((side) => shifted + (side * Math.sqrt(z2 * error)) / gain) as [
    number,
    number,
  ];
  const part = n / (n + trials.length - answered.length);
  const interval = high <= 0 || low >= 1 ? null : [part * clipped(low), part * clipped(high)];
  return { value: part * clipped((share + sp - 1) / (se + sp - 1)), interval };
}
