/** @file The matrix as rows and columns, complete or still filling. Pure. */
import type { BehaviorKind } from '../../core/behavior.ts';
import type { BehaviorSetCard } from '../../lab/api.ts';
import { defenseNames } from '../../lab/metrics.ts';
import type { Plan } from '../../lab/plan.ts';
import type { Cell, OverRefusal, RunSummary, Speed, TrialRecord, Utility } from '../../lab/records.ts';

export interface MatrixCell {
  readonly attack: string;
  readonly defense: string;
  /** `null` until a trial of it is finished. */
  readonly cell: Cell | null;
  readonly finished: number;
  /** Trials that the plan holds for it. */
  readonly expected: number;
}
export interface MatrixColumn {
  readonly defense: string;
  readonly overRefusal: OverRefusal | null;
  readonly utility: Utility | null;
  readonly speed: Speed | null;
  /** Model calls and milliseconds over all attacks. */
  readonly queries: number;
  readonly elapsedMs: number;
}
export interface MatrixTable {
  readonly columns: readonly MatrixColumn[];
  readonly rows: readonly { readonly attack: string; readonly cells: readonly MatrixCell[] }[];
}

/** How many behaviors of each kind a plan takes, from the sizes of the sets it names. */
export function plannedCounts(
  plan: Plan,
  sets: readonly BehaviorSetCard[],
): Readonly<Record<BehaviorKind, number>> {
  const counts = { harmful: 0, 'benign-lookalike': 0, benign: 0 };
  const kinds = Object.keys(counts) as BehaviorKind[];
  for (const source of plan.behaviors) {
    for (const kind of kinds) {
      if ('behaviors' in source)
        counts[kind] += source.behaviors.filter((behavior) => behavior.kind === kind).length;
      else if (source.kinds?.includes(kind) ?? true)
        counts[kind] += Math.min(
          source.limit ?? Infinity,
          sets.find(({ id }) => id === source.set)?.counts[kind] ?? 0,
        );
    }
  }
  return counts;
}

interface TableRequest {
  readonly plan: Plan;
  readonly summary: RunSummary | null;
  readonly records: readonly TrialRecord[];
  readonly harmful: number;
  readonly model: string;
  readonly evaluator: string;
}

/** The table of one target model as one evaluator sees it. */
export function matrixTable({
  plan,
  summary,
  records,
  harmful,
  model,
  evaluator,
}: TableRequest): MatrixTable {
  const finished = new Map<string, number>();
  for (const record of records) {
    if (record.model !== model || record.behaviorDetail.kind !== 'harmful') continue;
    const name = cellName(record.attack, record.defense);
    finished.set(name, (finished.get(name) ?? 0) + 1);
  }
  const ofModel = summary?.cells.filter((cell) => cell.model === model) ?? [];
  const judged = ofModel.filter((cell) => cell.evaluator === evaluator);
  const byName = new Map(judged.map((cell) => [cellName(cell.attack, cell.defense), cell]));
  const defenses = defenseNames(plan);
  const isHere = (defense: string) => (row: { readonly model: string; readonly defense: string }) =>
    row.model === model && row.defense === defense;
  return {
    columns: defenses.map((defense) => {
      const cells = judged.filter((cell) => cell.defense === defense);
      return {
        defense,
        overRefusal: summary?.overRefusal.find(isHere(defense)) ?? null,
        utility: summary?.utility.find(isHere(defense)) ?? null,
        speed: summary?.speed.find(isHere(defense)) ?? null,
        queries: cells.reduce((sum, cell) => sum + cell.queries, 0),
        elapsedMs: cells.reduce((sum, cell) => sum + cell.elapsedMs, 0),
      };
    }),
    rows: plan.attacks.map(({ id: attack }) => ({
      attack,
      cells: defenses.map((defense) => ({
        attack,
        defense,
        cell: byName.get(cellName(attack, defense)) ?? null,
        finished: finished.get(cellName(attack, defense)) ?? 0,
        expected: harmful,
      })),
    })),
  };
}

/** A cell's name within one model's table, as links carry it. */
export const cellName = (attack: string, defense: string): string => `${attack}|${defense}`;
