/** @file The ROC curve of a detector, as plain data that an artifact can hold and a page can draw. */
import { z } from 'zod';
import { auroc } from './statistics.ts';

const share = z.number().min(0).max(1);

export const rocSchema = z.strictObject({
  /** Area under the curve, and its 95 % interval. */
  area: share,
  interval: z.tuple([share, share]).readonly(),
  /** Texts that it should flag, and texts that it should not. */
  positives: z.int().positive(),
  negatives: z.int().positive(),
  /** Corners of the curve, from (0, 0) to (1, 1): share of the negatives flagged, share of the positives flagged. */
  points: z
    .array(z.tuple([share, share]).readonly())
    .min(2)
    .max(50_000)
    .readonly(),
});
export type Roc = z.infer<typeof rocSchema>;

/** The curve of a detector that flags high scores; `null` without scores on both sides. */
export function rocOf(positives: readonly number[], negatives: readonly number[]): Roc | null {
  const area = auroc(positives, negatives);
  if (area === null) return null;
  const scores = [...new Set([...positives, ...negatives])].toSorted((a, b) => b - a);
  const reaching = (all: readonly number[], score: number) => all.filter((value) => value >= score).length;
  // Counts, not shares: whether three points are on a line is then told without rounding.
  const steps = scores.map((score) => [reaching(negatives, score), reaching(positives, score)] as const);
  const points = [[0, 0] as const, ...steps];
  const isCorner = ([x, y]: readonly [number, number], i: number) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (!before || !after) return true;
    return (x - before[0]) * (after[1] - y) !== (y - before[1]) * (after[0] - x);
  };
  const corners = points.filter(isCorner);
  return { ...area, points: corners.map(([x, y]) => [x / negatives.length, y / positives.length] as const) };
}

/** The curve in what a defense learned; `null` where there is none. */
export function rocIn(artifact: Readonly<Record<string, unknown>>): Roc | null {
  const parsed = rocSchema.safeParse(artifact['roc']);
  return parsed.success ? parsed.data : null;
}
