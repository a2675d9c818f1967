/** @file The area under a ROC curve, with its interval, and the curve. */
import { count, mean, sum, z2 } from './numbers.ts';

/** Distance of the true area at which the one found is 1.96 standard errors off (Hanley and McNeil, one count for both sides). */
function lowest(area: number, up: number, down: number): number {
  const n = (up + down) / 2 - 1;
  const squaredError = (at: number) =>
    (at * (1 - at) * (1 + (n * (1 - at)) / (2 - at) + (n * at) / (1 + at))) / (up * down);
  let [low, high] = [0, area];
  for (let i = 0; i < 50; i++) {
    const at = (low + high) / 2;
    if ((area - at) ** 2 > z2 * squaredError(at)) low = at;
    else high = at;
  }
  return low;
}

/** The share of `others` that a score is above; ties count half. */
const above = (score: number, others: readonly number[]) =>
  mean(others.map((other) => (score > other ? 1 : score === other ? 0.5 : 0)))!;

/** @param fewer by how much to divide the counts for the interval, or the counts that stand for them */
export function areaOf(up: readonly number[], down: readonly number[], fewer: number | [number, number] = 1) {
  if (up.length === 0 || down.length === 0) return null;
  const area = mean(up.map((score) => above(score, down)))!;
  const [m, n] = typeof fewer === 'number' ? [up.length / fewer, down.length / fewer] : fewer;
  const interval = [lowest(area, m, n), 1 - lowest(1 - area, m, n)];
  return { area, interval, positives: up.length, negatives: down.length };
}

interface Scores {
  readonly up: readonly number[];
  readonly down: readonly number[];
}

/** Scores of a cluster that go together count for less, by how much more the area varies over clusters than over scores. */
export function clusteredAreaOf(clusters: readonly Scores[]) {
  const [up, down] = [clusters.flatMap((own) => own.up), clusters.flatMap((own) => own.down)];
  const { area = 0 } = areaOf(up, down) ?? {};
  const pulls = clusters.map((own) => [
    ...own.up.map((score) => (above(score, down) - area) / up.length),
    ...own.down.map((score) => (1 - above(score, up) - area) / down.length),
  ]);
  const variance = (parts: readonly number[]) => sum(parts.map((part) => part ** 2)) / (1 - 1 / parts.length);
  const used = pulls.filter(({ length }) => length > 0);
  const ratio = Math.max(1, variance(used.map(sum)) / variance(used.flat()));
  const sides = [count(clusters, (own) => own.up.length), count(clusters, (own) => own.down.length)] as const;
  return areaOf(up, down, Number.isFinite(ratio) ? ratio : [...sides]);
}

/** The share of each side that reaches a threshold, from the highest threshold down. */
export function curveOf(positives: readonly number[], negatives: readonly number[]) {
  const thresholds = [...new Set([Infinity, ...positives, ...negatives])].sort((a, b) => b - a);
  const share = (scores: readonly number[], from: number) =>
    count(scores, (one) => one >= from) / scores.length;
  return thresholds.map((from) => [share(negatives, from), share(positives, from)] as const);
}

/** Without the points between which a curve goes straight on. */
export const corners = (points: ReturnType<typeof curveOf>) =>
  points.filter(([x, y], i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    return (
      !before ||
      !after ||
      Math.abs((x - before[0]) * (after[1] - y) - (y - before[1]) * (after[0] - x)) > 1e-12
    );
  });
