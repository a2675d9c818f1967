/** @file The numbers that steps report, as one table, for attacks that look at candidates side by side. */
import type { AttackStep } from '../types.ts';

type Figure = number | boolean;

export interface FigureTable {
  /** Names of the fields, in the order in which they first occur. */
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly step: number;
    readonly figures: readonly (Figure | null)[];
  }[];
}

const isFigure = (value: unknown): value is Figure => typeof value === 'number' || typeof value === 'boolean';

/** `null` unless at least two steps report two figures. */
export function figuresOf(steps: readonly AttackStep[]): FigureTable | null {
  const stepsWithFigures = steps.filter(
    ({ detail }) => Object.values(detail ?? {}).filter(isFigure).length >= 2,
  );
  if (stepsWithFigures.length < 2) return null;
  const names = stepsWithFigures.flatMap(({ detail }) =>
    Object.entries(detail!).flatMap(([name, value]) => (isFigure(value) ? [name] : [])),
  );
  const columns = [...new Set(names)];
  const rows = stepsWithFigures.map(({ step, detail }) => ({
    step,
    figures: columns.map((name) => {
      const value = detail![name];
      return isFigure(value) ? value : null;
    }),
  }));
  return { columns, rows };
}
