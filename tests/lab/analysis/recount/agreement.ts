/** @file How far two or more agree beyond chance. */
import { bootstrap, count, sum, type Outcome } from './numbers.ts';

/** A statistic of items in clusters, with its interval over them. */
export function estimate<T>(clusters: readonly T[][], statistic: (items: readonly T[]) => number | null) {
  const value = statistic(clusters.flat());
  return value === null ? null : { value, interval: bootstrap(clusters, (drawn) => statistic(drawn.flat())) };
}

interface Rated {
  readonly isHarm: boolean;
  readonly said: Outcome;
}

/** Cohen's: agreement beyond that of two raters who say harm as often, and by chance. */
export function kappa(rated: readonly Rated[]): number | null {
  const both = rated.filter(({ said }) => said !== null);
  const share = (wanted: (one: Rated) => unknown) => count(both, wanted) / both.length;
  const [t, s] = [share(({ isHarm }) => isHarm), share(({ said }) => said)];
  const chance = t * s + (1 - t) * (1 - s);
  return both.length === 0 || chance === 1
    ? null
    : (share(({ isHarm, said }) => isHarm === said) - chance) / (1 - chance);
}

/** Krippendorff's: one less the disagreement within answers over that of all verdicts thrown together. */
export function alpha(units: readonly boolean[][]): number | null {
  const unlike = (said: readonly boolean[]) => 2 * count(said, Boolean) * count(said, (one) => !one);
  const all = units.flat();
  const within = sum(units.map((said) => unlike(said) / (said.length - 1)));
  return unlike(all) === 0 ? null : 1 - (within * (all.length - 1)) / unlike(all);
}
