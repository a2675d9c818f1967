/**
 * @file Rates and statistics over items that come in clusters, such as several answers to one behavior: items of a cluster
 * resemble each other, so that they tell less than as many independent ones.
 */
import type { Random } from './random.ts';
import { areaInterval, auroc, winsOver, wilson, type Area, type Rate } from './statistics.ts';

/** The items of one cluster. */
export interface Cluster {
  /** Items with a score. */
  readonly scored: number;
  readonly successes: number;
}

/**
 * How many independent items would tell the rate as precisely, by the variance between clusters (to first order). Where all
 * items agree it is the number of clusters: their variance of 0 says nothing.
 * @see https://doi.org/10.1093/jssam/smv024 (Dean and Pagano)
 */
export function effectiveCount(clusters: readonly Cluster[]): number {
  const used = clusters.filter(({ scored }) => scored > 0);
  const n = used.reduce((sum, { scored }) => sum + scored, 0);
  const share = used.reduce((sum, { successes }) => sum + successes, 0) / n;
  const k = used.length;
  if (k < 2 || share === 0 || share === 1) return k;
  const squares = used.reduce((sum, { scored, successes }) => sum + (successes - share * scored) ** 2, 0);
  const variance = ((k / (k - 1)) * squares) / (n * n);
  return variance === 0 ? n : Math.min(n, Math.max(1, (share * (1 - share)) / variance));
}

/** The rate over all clusters, with Wilson's interval at the effective count. @param n items, the undecided ones included */
export function clusteredRate(n: number, clusters: readonly Cluster[]): Rate {
  const scored = clusters.reduce((sum, cluster) => sum + cluster.scored, 0);
  const successes = clusters.reduce((sum, cluster) => sum + cluster.successes, 0);
  if (scored === 0) return { n, scored, successes, rate: null, interval: null };
  const rate = successes / scored;
  const effective = effectiveCount(clusters);
  return { n, scored, successes, rate, interval: wilson(rate * effective, effective) };
}

/** The scores of one cluster. */
export interface ScoredCluster {
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

/**
 * The area under the ROC curve over all clusters, its interval at the counts of independent scores that would tell it as
 * precisely: both are divided by how much more the area varies over clusters than over independent scores. Where all scores
 * agree, they are the clusters with such scores. `null` without scores on both sides.
 * @see https://doi.org/10.2307/2533958 (Obuchowski)
 */
export function clusteredAuroc(clusters: readonly ScoredCluster[]): Area | null {
  const up = clusters.flatMap(({ positives }) => positives);
  const down = clusters.flatMap(({ negatives }) => negatives);
  const plain = auroc(up, down);
  if (plain === null) return null;
  const { area } = plain;
  /** How far each score draws the area from its mean. */
  const pulls = clusters.map(({ positives, negatives }) => [
    ...winsOver(positives, down).map((wins) => (wins / down.length - area) / up.length),
    ...winsOver(negatives, up).map((wins) => (1 - wins / up.length - area) / down.length),
  ]);
  const sumOf = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);
  const varianceOf = (parts: readonly number[]) =>
    (parts.length / (parts.length - 1)) * sumOf(parts.map((part) => part * part));
  const used = pulls.filter(({ length }) => length > 0);
  const ratio = varianceOf(used.map(sumOf)) / varianceOf(used.flat());
  const independent = (side: keyof ScoredCluster, scores: number) =>
    ratio >= 0 && ratio < Infinity
      ? Math.max(1, scores / Math.max(1, ratio))
      : clusters.filter((cluster) => cluster[side].length > 0).length;
  const counts = [independent('positives', up.length), independent('negatives', down.length)] as const;
  return { ...plain, interval: areaInterval(area, ...counts) };
}

const resamples = 1000;

/**
 * 95 % percentile interval of a statistic by the bootstrap over clusters. `null` for a single cluster, where resamples do
 * not differ (the bootstrap would call the statistic certain), and where most of them have no value.
 * @param clusters counts of each, all of one length
 * @param statistic of the sums of such counts
 */
export function bootstrapInterval(
  clusters: readonly (readonly number[])[],
  statistic: (sums: readonly number[]) => number | null,
  random: Random,
): readonly [low: number, high: number] | null {
  if (clusters.length < 2) return null;
  const values: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const sums = clusters[0]!.map(() => 0);
    for (let drawn = 0; drawn < clusters.length; drawn++) {
      const counts = clusters[random.integer(clusters.length)]!;
      for (let at = 0; at < sums.length; at++) sums[at]! += counts[at]!;
    }
    const value = statistic(sums);
    if (value !== null) values.push(value);
  }
  if (values.length <= resamples / 2) return null;
  values.sort((a, b) => a - b);
  const quantile = (q: number) => values[Math.round(q * (values.length - 1))]!;
  const [low, high] = [quantile(0.025), quantile(0.975)];
  return low === high ? null : [low, high];
}
