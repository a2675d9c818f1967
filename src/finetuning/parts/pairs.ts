/** @file Pairs of a chosen and a rejected answer as rows. */
import { mean } from '../../core/statistics.ts';
import type { TrainingBatch, TrainingRow, WhiteBoxModel } from '../../models/language-model.ts';
import type { TrainingData } from '../../core/training-data.ts';
import { noRows } from './draws.ts';
import type { Loss } from './losses.ts';
import { rowOf, weightedBatch } from './rows.ts';

export interface Pair {
  readonly chosen: TrainingRow;
  readonly rejected: TrainingRow;
}

/** @throws LabError 'bad-input' if there is none, or as `rowOf` */
export function pairsOf(
  { preferences }: TrainingData,
  model: Pick<WhiteBoxModel, 'tokenizer' | 'contextWindow'>,
): readonly Pair[] {
  if (preferences.length === 0) throw noRows('preferences');
  return preferences.map(({ prompt, chosen, rejected }) => ({
    chosen: rowOf(model, prompt, chosen),
    rejected: rowOf(model, prompt, rejected),
  }));
}

/** What tells how a preference update goes. */
export const pairFigures = (losses: readonly Loss[], margins: readonly number[]) => ({
  loss: mean(losses.map(({ loss }) => loss)),
  margin: mean(margins),
  preferred: mean(margins.map((margin) => Number(margin > 0))),
});

/** Chosen and rejected answers in turn. */
export const answersOf = (pairs: readonly Pair[]): readonly TrainingRow[] =>
  pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);

/**
 * The batch whose gradient is Σ slope · (gradient of the chosen answer's log-prob − that of the rejected one's).
 * @param per by which each log-prob counts: 1, or one over its tokens where the loss is of means. Default: 1.
 */
export const pairBatch = (
  pairs: readonly Pair[],
  slopeOf: (index: number) => number,
  per: (row: TrainingRow) => number = () => 1,
): TrainingBatch =>
  weightedBatch(
    pairs.flatMap(({ chosen, rejected }, i) => [
      { ...chosen, weight: -slopeOf(i) * per(chosen) },
      { ...rejected, weight: slopeOf(i) * per(rejected) },
    ]),
  );
