/** @file The matrix with its progress, complete or still filling. Pure. */
import type { BehaviorKind } from '../../core/behavior.ts';
import type { BehaviorSetCard } from '../../lab/plan/set-card.ts';
import { countsIn, takenFrom, type BehaviorCounts, type PlanOutline } from '../../lab/plan/outline.ts';
import { modesOf } from '../../lab/plan/attack-mode.ts';
import { rateTable, type RateCell, type RateColumn, type RateTable } from '../../lab/analysis/rate-table.ts';
import type { RunSummary } from '../../lab/records/summary.ts';

export interface MatrixCell extends RateCell {
  readonly finished: number;
  /** Trials that the plan holds for it. */
  readonly expected: number;
}
export type MatrixColumn = RateColumn;
export interface MatrixTable extends RateTable {
  readonly rows: readonly { readonly attack: string; readonly cells: readonly MatrixCell[] }[];
}

/** How many behaviors of each kind a plan takes, from the sizes of the sets it names. */
export function plannedCounts(
  plan: Pick<PlanOutline, 'behaviors'>,
  sets: readonly BehaviorSetCard[],
): BehaviorCounts {
  const total = { harmful: 0, 'benign-lookalike': 0, benign: 0 };
  for (const source of plan.behaviors) {
    const counts = countsOf(source, sets);
    for (const kind of Object.keys(total) as BehaviorKind[]) total[kind] += counts[kind];
  }
  return total;
}

function countsOf(
  source: PlanOutline['behaviors'][number],
  sets: readonly BehaviorSetCard[],
): BehaviorCounts {
  if ('counts' in source) return source.counts;
  if ('behaviors' in source) return countsIn(source.behaviors);
  return takenFrom(sets.find(({ id }) => id === source.set)?.counts ?? {}, source);
}

interface TableRequest {
  readonly plan: PlanOutline;
  readonly summary: RunSummary | null;
  readonly harmful: number;
  readonly model: string;
  readonly evaluator: string;
}

/** The table of one target model as one evaluator sees it. */
export function matrixTable({ plan, summary, harmful, model, evaluator }: TableRequest): MatrixTable {
  const { checks, columns, rows } = rateTable(plan, summary, model, evaluator);
  return {
    checks,
    columns,
    rows: rows.map(({ attack, cells }) => ({
      attack,
      cells: cells.map((cell) => ({
        ...cell,
        finished: cell.modes.reduce((sum, { n }) => sum + n, 0),
        expected: harmful * modesOf(plan, cell).length,
      })),
    })),
  };
}

/** A cell's name within one model's table, as links carry it. */
export const cellName = (attack: string, defense: string): string => `${attack}|${defense}`;

/** The cell of such a name; `null` for a text that is none. A column may have the separator in the name that a user gave it. */
export function cellNamed(name: string) {
  const at = name.indexOf('|');
  const [attack, defense] = [name.slice(0, Math.max(0, at)), name.slice(at + 1)];
  return attack === '' || defense === '' ? null : { attack, defense };
}
