/** @file The rates of a run as rows and columns: attacks down, defenses across. */
import { sumOfCounts } from '../../core/counts.ts';
import { headlineOf } from './headline.ts';
import type { PlanOutline } from '../plan/outline.ts';
import { defenseNames } from '../plan/plan.ts';
import { adjustedChecks, type AdjustedCheck } from './pairs.ts';
import type { Cell, Overhead, OverRefusal, RunSummary, Speed, Utility } from '../records/summary.ts';

export interface RateCell {
  readonly attack: string;
  readonly defense: string;
  /** `null` until a trial of it is finished. Of several modes, the one that is the worst for the defender. */
  readonly cell: Cell | null;
  /** The cells of all modes that have a finished trial. */
  readonly modes: readonly Cell[];
}
export interface RateColumn {
  readonly defense: string;
  readonly overRefusal: OverRefusal | null;
  readonly utility: Utility | null;
  readonly speed: Speed | null;
  readonly overhead: Overhead | null;
  /** Model calls, tokens (`null`: some were not counted) and milliseconds over all attacks. */
  readonly queries: number;
  readonly tokens: number | null;
  readonly elapsedMs: number;
  /** What is wrong with its answers, and not with the undefended ones. */
  readonly warnings: readonly string[];
}
export interface RateTable {
  /** Comparisons of its cells and columns, adjusted for all of them together. */
  readonly checks: readonly AdjustedCheck[];
  readonly columns: readonly RateColumn[];
  readonly rows: readonly { readonly attack: string; readonly cells: readonly RateCell[] }[];
}

/** The table of one target model as one evaluator sees it; empty cells before anything has run. */
export function rateTable(
  plan: PlanOutline,
  summary: RunSummary | null,
  model: string,
  evaluator: string,
): RateTable {
  const judged = (summary?.cells ?? []).filter(
    (cell) => cell.model === model && cell.evaluator === evaluator,
  );
  const defenses = defenseNames(plan);
  return {
    checks: adjustedChecks(
      (summary?.comparisons ?? []).filter(
        (check) => check.model === model && (check.measure !== 'success' || check.evaluator === evaluator),
      ),
    ),
    columns: defenses.map((defense) => {
      const find = <T extends { readonly model: string; readonly defense: string }>(from?: readonly T[]) =>
        from?.find((row) => row.model === model && row.defense === defense) ?? null;
      const cells = judged.filter((cell) => cell.defense === defense);
      return {
        defense,
        overRefusal: find(summary?.overRefusal),
        utility: find(summary?.utility),
        speed: find(summary?.speed),
        overhead: find(summary?.overhead),
        queries: cells.reduce((sum, cell) => sum + cell.queries, 0),
        tokens: sumOfCounts(cells.map(({ tokens }) => tokens)),
        elapsedMs: cells.reduce((sum, cell) => sum + cell.elapsedMs, 0),
        warnings: find(summary?.integrity.columns)?.warnings ?? [],
      };
    }),
    rows: plan.attacks.map(({ id: attack }) => ({
      attack,
      cells: defenses.map((defense) => {
        const modes = judged.filter((cell) => cell.attack === attack && cell.defense === defense);
        return { attack, defense, cell: headlineOf(modes), modes };
      }),
    })),
  };
}
