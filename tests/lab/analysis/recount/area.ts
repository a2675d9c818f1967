/** @file The area under a ROC curve, with its interval, and the curve. */
import { count, sum, z2 } from './numbers.ts';

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

export function areaOf(positives: readonly number[], negatives: readonly number[]) {
  if (positives.length === 0 || negatives.length === 0) return null;
  const wins = positives.map((high) =>
    sum(negatives.map((low) => (high > low ? 1 : high === low ? 0.5 : 0))),
  );
  const [m, n] = [positives.length, negatives.length];
  const area = sum(wins) / m / n;
  return { area, interval: [lowest(area, m, n), 1 - lowest(1 - area, m, n)], positives: m, negatives: n };
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
