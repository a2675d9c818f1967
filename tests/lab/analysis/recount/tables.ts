/** @file What tables of a report add to its comparisons and cells: p by Holm, differences, behaviors needed, sums of columns. */
import { choose, quantile, sum } from './numbers.ts';
import { by, where } from './trials.ts';

interface Compared {
  readonly paired: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly p: number | null;
}

/** The difference over behaviors that are drawn anew: in so many of them only the first is a yes, in so many only the second. */
function difference({ paired: n, onlyFirst, onlySecond }: Compared) {
  if (n === 0) return null;
  const value = (onlyFirst - onlySecond) / n;
  const drawn = (up: number, down: number) =>
    choose(n, up) *
    choose(n - up, down) *
    (onlyFirst / n) ** up *
    (onlySecond / n) ** down *
    (1 - (onlyFirst + onlySecond) / n) ** (n - up - down);
  const values = Array.from({ length: n + 1 }, (_, up) =>
    Array.from({ length: n - up + 1 }, (_, down) => ({ value: (up - down) / n, share: drawn(up, down) })),
  ).flat();
  const [low, high] = [quantile(values, 0.025), quantile(values, 0.975)];
  return { value, interval: low === high ? null : [low, high] };
}

/** What a standard normal exceeds with a chance of `tail`: its density is summed from far out. */
function upperQuantile(tail: number): number {
  let [z, left] = [9, tail];
  while (left > 0) left -= (Math.exp(-((z -= 1e-5) ** 2) / 2) * 1e-5) / Math.sqrt(2 * Math.PI);
  return z;
}

/** Behaviors at which a test finds, in four of five cases, a difference like the one seen (Connor). */
function needed({ paired: n, onlyFirst, onlySecond }: Compared, zLevel: number) {
  const [gap, apart] = [(onlyFirst - onlySecond) / n, (onlyFirst + onlySecond) / n];
  const root = zLevel * Math.sqrt(apart) + 0.8416212335729143 * Math.sqrt(apart - gap ** 2);
  return onlyFirst === onlySecond ? null : Math.ceil((root / gap) ** 2);
}

/** Holm: each p times the number of those not smaller, and never below what a smaller one became. */
export function claimed<C extends Compared>(checks: readonly C[]) {
  const ps = checks.flatMap(({ p }) => p ?? []).sort((a, b) => a - b);
  const steps = ps.map((p, i) => Math.min(1, p * (ps.length - i)));
  const zLevel = upperQuantile(0.025 / Math.max(1, ps.length));
  return checks.map((check) => ({
    ...{ ...check, together: ps.length, difference: difference(check), needed: needed(check, zLevel) },
    adjusted: check.p === null ? null : Math.max(...steps.slice(0, ps.lastIndexOf(check.p) + 1)),
  }));
}

interface Named {
  readonly model: string;
  readonly evaluator: string;
  readonly measure: string;
}
interface Cell extends Omit<Named, 'measure'> {
  readonly defense: string;
  readonly queries: number;
  readonly tokens: number;
  readonly elapsedMs: number;
}
type Checks = readonly (Compared & Named)[];

/** One for each model and evaluator of success; what models are compared in stands once for each evaluator. */
export const tables = (cells: readonly Cell[], comparisons: Checks, targets: Checks) =>
  by(cells, 'model', 'evaluator').map(({ names, own }) => {
    const told = (checks: Checks) =>
      claimed(
        checks.filter(
          ({ evaluator, measure }) =>
            evaluator === names.evaluator || measure === 'over-refusal' || measure === 'utility',
        ),
      );
    const columns = by(own, 'defense').map((column) => {
      const total = (key: 'queries' | 'tokens' | 'elapsedMs') => sum(column.own.map((cell) => cell[key]));
      return {
        ...column.names,
        queries: total('queries'),
        tokens: total('tokens'),
        elapsedMs: total('elapsedMs'),
      };
    });
    return {
      ...names,
      columns,
      checks: told(where(comparisons, { model: names.model })),
      sideBySide: told(targets),
    };
  });
