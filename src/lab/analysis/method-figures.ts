/** @file Figures of one attack or one defense, taken from the published results. */
import { baselineOf } from '../../attacks/baselines.ts';
import type { Pairs } from '../../core/paired.ts';
import { mcNemar } from '../../core/statistics.ts';
import { modeOf } from '../plan/attack-mode.ts';
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
import { adjustedPs, directionOf, significance, type Adjusted } from './pairs.ts';
import type { PublishedResults } from './published.ts';

/** Two rates on the same behaviors, its p-value adjusted for all that the page claims. */
export type Compared = Pairs & Adjusted;

/** An attack on the undefended model. Costs are means over its behaviors, the answer included. */
export interface AttackFigures {
  readonly cell: Cell;
  /** The same behaviors asked directly; `null` for the direct request itself. */
  readonly baseline: Cell | null;
  /** Beside the baseline, behavior by behavior; `null` where there is nothing to compare. */
  readonly beside: Compared | null;
  /** What a search has to beat: its own baseline on the same behaviors, where that was measured too. */
  readonly ownBaseline: Cell | null;
  /** The two paired by behavior, p adjusted as above. */
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
  { cells, claims, baselines, comparisons }: PublishedResults,
  attack: string,
): AttackFigures | null {
  const cell = openCell(cells, attack);
  if (!cell) return null;
  const baseline = attack === directRequest ? null : (openCell(cells, directRequest) ?? null);
  const sameCell = ({ model, attack: id, evaluator }: BaselineCheck) =>
    id === attack && model === cell.model && evaluator === cell.evaluator;
  const costs = wholeCost(cell);
  const ownCheck = baselines?.find(sameCell) ?? null;
  const plain = baseline && comparison(comparisons, cell, baseline);
  const [plainP, ownP] = adjustedPs([plain?.p ?? null, ownCheck?.p ?? null]);
  return {
    cell,
    baseline,
    beside: plain && { ...plain, ...plainP! },
    ownBaseline: openCell(cells, baselineOf(attack) ?? '') ?? null,
    paired: ownCheck && { ...ownCheck, p: ownP!.adjusted },
    claim: claims?.find((claim) => claim.attack === attack && claim.model === cell.model) ?? null,
    queries: costs.queries / cell.n,
    sequences: costs.sequences / cell.n,
    gradients: costs.gradients / cell.n,
    tokens: costs.tokens === null ? null : costs.tokens / cell.n,
    ms: costs.elapsedMs / cell.n,
  };
}

/** True if the attack does significantly better than the direct request. */
export const standsOut = ({ beside }: AttackFigures): boolean => beside !== null && directionOf(beside) === 1;

/** True if a search succeeds on significantly more behaviors than its baseline, by McNemar's exact test. */
export const beatsBaseline = ({ p, onlyAttack, onlyBaseline }: BaselineCheck): boolean =>
  p !== null && p < significance && onlyAttack > onlyBaseline;

/** True if the baseline went as far as the attack before it failed, give or take a tenth; `null` if that is not known. */
export const equalBudget = ({ budget: { attack, baseline } }: BaselineCheck): boolean | null =>
  attack === null ? null : baseline >= 0.9 * attack;

const openCell = (cells: readonly Cell[], attack: string): Cell | undefined =>
  cells.find((cell) => cell.attack === attack && cell.defense === undefended);

/**
 * How two cells differ on the same behaviors. A file of an earlier release holds no pairs: then as few behaviors as possible
 * are taken to have come out alike, which gives the greatest p.
 */
function comparison(
  checks: PublishedResults['comparisons'],
  cell: Cell,
  beside: Cell,
): (Pairs & { readonly p: number | null }) | null {
  const { model, evaluator, attack, defense } = cell;
  if (checks)
    return (
      checks.find(
        (check) =>
          check.measure === 'success' &&
          check.model === model &&
          check.evaluator === evaluator &&
          check.attack === attack &&
          check.defense === defense &&
          modeOf(check) === modeOf(cell),
      ) ?? null
    );
  if (cell.scored < cell.n || beside.scored < beside.n || cell.n !== beside.n) return null;
  const both = Math.max(0, cell.successes + beside.successes - cell.n);
  const [onlyFirst, onlySecond] = [cell.successes - both, beside.successes - both];
  return { paired: cell.n, onlyFirst, onlySecond, p: mcNemar(onlyFirst, onlySecond) };
}

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
    /** Defended beside undefended, behavior by behavior; `null` where the file does not tell. */
    readonly beside: Compared | null;
  }[];
  readonly refusalBeside: Compared | null;
  readonly utilityBeside: Compared | null;
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
  const cells = results.cells
    .filter((cell) => cell.defense === defense && cell.evaluator === evaluator && cell.headline !== false)
    .flatMap((defended) => {
      const open = openCell(results.cells, defended.attack);
      return open ? [{ attack: defended.attack, open, defended }] : [];
    });
  if (cells.length === 0) return null;
  const { model } = cells[0]!.defended;
  const side = (measure: 'over-refusal' | 'utility') =>
    results.comparisons?.find(
      (check) => check.measure === measure && check.model === model && check.defense === defense,
    ) ?? null;
  const checks = [
    ...cells.map(({ open, defended }) => comparison(results.comparisons, defended, open)),
    side('over-refusal'),
    side('utility'),
  ];
  const adjusted = adjustedPs(checks.map((check) => check?.p ?? null));
  const compared = checks.map((check, i) => check && { ...check, ...adjusted[i]! });
  return {
    rows: cells.map((row, i) => ({ ...row, beside: compared[i]! })),
    refusalBeside: compared.at(-2)!,
    utilityBeside: compared.at(-1)!,
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
