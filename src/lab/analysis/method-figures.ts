/** @file Figures of one attack or one defense, taken from the published results. */
import { baselineOf } from '../../attacks/baselines.ts';
import { fisherExact } from '../../core/statistics.ts';
import { directRequest, undefended } from '../plan/plan.ts';
import type {
  BaselineCheck,
  Cell,
  ClaimCheck,
  Overhead,
  OverRefusal,
  Speed,
  Utility,
} from '../records/summary.ts';
import { wholeCost } from './costs.ts';
import type { PublishedResults } from './published.ts';

/** Greatest p-value at which the difference of two rates is called significant. */
export const significance = 0.05;

/** An attack on the undefended model. Costs are means over its behaviors, the answer included. */
export interface AttackFigures {
  readonly cell: Cell;
  /** The same behaviors asked directly; `null` for the direct request itself. */
  readonly baseline: Cell | null;
  /** Fisher's exact test against the baseline, two-sided; `null` where there is nothing to compare. */
  readonly p: number | null;
  /** What a search has to beat: its own baseline on the same behaviors, where that was measured too. */
  readonly ownBaseline: Cell | null;
  /** The two paired by behavior. */
  readonly paired: BaselineCheck | null;
  /** What the attack itself believed; `null` for one without a test of its success. */
  readonly claim: ClaimCheck | null;
  readonly queries: number;
  /** Sequences that the model under attack scored without generating. */
  readonly sequences: number;
  readonly gradients: number;
  /** `null` if some were not counted. */
  readonly tokens: number | null;
  readonly ms: number;
}

/** `null` if the attack was not measured. By the first evaluator of harm, where there are several. */
export function attackFigures(
  { cells, claims, baselines }: PublishedResults,
  attack: string,
): AttackFigures | null {
  const cell = openCell(cells, attack);
  if (!cell) return null;
  const baseline = attack === directRequest ? null : (openCell(cells, directRequest) ?? null);
  const sameCell = ({ model, attack: id, evaluator }: BaselineCheck) =>
    id === attack && model === cell.model && evaluator === cell.evaluator;
  const costs = wholeCost(cell);
  return {
    cell,
    baseline,
    p: baseline && difference(cell, baseline),
    ownBaseline: openCell(cells, baselineOf(attack) ?? '') ?? null,
    paired: baselines?.find(sameCell) ?? null,
    claim: claims?.find((claim) => claim.attack === attack && claim.model === cell.model) ?? null,
    queries: costs.queries / cell.n,
    sequences: costs.sequences / cell.n,
    gradients: costs.gradients / cell.n,
    tokens: costs.tokens === null ? null : costs.tokens / cell.n,
    ms: costs.elapsedMs / cell.n,
  };
}

/** True if the attack does significantly better than the direct request. */
export const standsOut = ({ cell, baseline, p }: AttackFigures): boolean =>
  p !== null && p < significance && (cell.rate ?? 0) > (baseline?.rate ?? 0);

/** True if a search succeeds on significantly more behaviors than its baseline, by McNemar's exact test. */
export const beatsBaseline = ({ p, onlyAttack, onlyBaseline }: BaselineCheck): boolean =>
  p !== null && p < significance && onlyAttack > onlyBaseline;

/** True if the baseline went as far as the attack before it failed, give or take a tenth; `null` if that is not known. */
export const equalBudget = ({ budget: { attack, baseline } }: BaselineCheck): boolean | null =>
  attack === null ? null : baseline >= 0.9 * attack;

const openCell = (cells: readonly Cell[], attack: string): Cell | undefined =>
  cells.find((cell) => cell.attack === attack && cell.defense === undefended);

const difference = (a: Cell, b: Cell): number | null =>
  a.scored === 0 || b.scored === 0
    ? null
    : fisherExact({ successes: a.successes, n: a.scored }, { successes: b.successes, n: b.scored });

/**
 * What to read before believing the figures of `attacks` behind `defense`: the warnings about both, and those about the
 * whole run.
 * `null` if the file holds no checks.
 */
export function warningsAbout(
  { integrity }: PublishedResults,
  attacks: readonly string[],
  defense: string = undefended,
): readonly string[] | null {
  if (!integrity) return null;
  const elsewhere = new Set(
    integrity.columns?.filter((column) => column.defense !== defense).flatMap(({ warnings }) => warnings),
  );
  const checked = new Set(integrity.outputs.map(({ attack }) => attack));
  // A warning about one attack opens with its id, then the model where there are several.
  const about = (warning: string) =>
    [...checked].find((id) => warning.startsWith(`${id}: `) || warning.startsWith(`${id} on `));
  return integrity.warnings.filter((warning) => {
    if (elsewhere.has(warning)) return false;
    const attack = about(warning);
    return attack === undefined || attacks.includes(attack);
  });
}

export interface DefenseFigures {
  /** One row per attack of the plan, in its order. */
  readonly rows: readonly {
    readonly attack: string;
    readonly open: Cell;
    readonly defended: Cell;
    readonly p: number | null;
  }[];
  readonly overRefusal: Pair<OverRefusal>;
  readonly utility: Pair<Utility>;
  readonly speed: Speed | null;
  readonly overhead: Overhead | null;
}
interface Pair<T> {
  readonly open: T | null;
  readonly defended: T | null;
}

/** `null` if the defense was not measured alone. By the first evaluator of harm, where there are several. */
export function defenseFigures(results: PublishedResults, defense: string): DefenseFigures | null {
  const evaluator = results.cells[0]?.evaluator;
  const rows = results.cells
    .filter((cell) => cell.defense === defense && cell.evaluator === evaluator && cell.headline !== false)
    .flatMap((defended) => {
      const open = openCell(results.cells, defended.attack);
      return open ? [{ attack: defended.attack, open, defended, p: difference(open, defended) }] : [];
    });
  if (rows.length === 0) return null;
  return {
    rows,
    overRefusal: pairOf(results.overRefusal, defense),
    utility: pairOf(results.utility, defense),
    speed: results.speed.find((speed) => speed.defense === defense) ?? null,
    overhead: results.overhead.find((overhead) => overhead.defense === defense) ?? null,
  };
}

const pairOf = <T extends { readonly defense: string }>(all: readonly T[], defense: string): Pair<T> => {
  const of = (name: string) => all.find((one) => one.defense === name) ?? null;
  return { open: of(undefended), defended: of(defense) };
};
