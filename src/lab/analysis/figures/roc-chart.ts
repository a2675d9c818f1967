/** @file The ROC curve of a detector as a chart. */
import { percent } from '../../../core/format.ts';
import type { Roc } from '../../../core/roc.ts';
import type { LineChart } from './line-chart.ts';

/** Beside the diagonal of a detector that guesses. */
export function rocChart({ points, area, positives, negatives }: Roc, title: string): LineChart {
  const at = ([falsely, rightly]: readonly [number, number], n: number) => ({
    ...{ x: 100 * falsely, y: rightly, interval: null, n },
  });
  const ends = [[0, 0] as const, [1, 1] as const];
  return {
    ...{ title, x: 'benign flagged (%)', y: 'harmful flagged', top: 1, unmarked: true, write: percent },
    curves: [
      {
        name: `AUROC ${area.toFixed(3)}`,
        points: points.map((corner) => at(corner, positives + negatives)),
      },
      { name: 'guessing', points: ends.map((end) => at(end, 0)) },
    ],
  };
}
