/** @file Success against what attacks spent, as a chart: one step curve per attack. */
import { count, percent } from '../../../core/format.ts';
import { isAdaptive } from '../../plan/attack-mode.ts';
import type { BudgetCurve, BudgetPoint } from '../../records/measurements.ts';
import type { LineChart } from './line-chart.ts';

/** Across: forward passes by powers of ten; up: share of behaviors on which an attack had succeeded for no more. */
export function budgetChart(
  curves: readonly BudgetCurve[],
  title: string,
  name: (id: string) => string,
): LineChart {
  const most = Math.max(1, ...curves.flatMap(({ passes }) => passes.map(({ spent }) => powerOf(spent))));
  const last = Math.ceil(most);
  return {
    ...{ title, x: 'forward passes (by powers of ten)', y: 'behaviors', top: 1, unmarked: true },
    ...{ write: percent, writeX: (power) => count(Math.round(10 ** power)) },
    curves: curves.map(({ attack, defense, passes, asked, ...cell }) => ({
      name: isAdaptive(cell) ? `${name(attack)} on ${name(defense)}` : name(attack),
      points: stepsOf(passes, last).map(([x, successes]) => ({
        ...{ x, y: successes / asked, interval: null, n: asked },
      })),
    })),
  };
}

const powerOf = (spent: number): number => Math.log10(Math.max(1, spent));

/** The corners of a curve that rises only where a success stands. */
function stepsOf(points: readonly BudgetPoint[], last: number): readonly (readonly [number, number])[] {
  const steps = points.flatMap(({ spent, successes }, i) => {
    const x = powerOf(spent);
    return [[x, points[i - 1]?.successes ?? 0] as const, [x, successes] as const];
  });
  return [[0, 0] as const, ...steps, [last, points.at(-1)?.successes ?? 0] as const];
}
