/** @file Thresholds of detectors, from their scores of benign texts that are under no test. */
import { z } from 'zod';
import type { ContrastPrompts } from '../../core/contrast.ts';
import type { Detection } from '../../core/defense-event.ts';
import { integer, number } from '../../core/options.ts';

/** Only the threshold acts; the rest says where it comes from, and is absent for one that was written by hand. */
export const calibrationSchema = z.strictObject({
  threshold: z.number().nonnegative(),
  /** Benign texts that were scored. */
  benign: z.int().nonnegative().optional(),
  /** Those of them that the detector takes for harm at this threshold. */
  flagged: z.int().nonnegative().optional(),
  /** Which texts: those of the plan or its sets for calibration, or the harmless ones that defenses learn from. */
  texts: z.enum(['calibration', 'contrast']).optional(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

export const calibrationOptions = {
  falsePositives: number({
    description: 'Share of benign texts that the calibrated threshold may flag.',
    default: 0.05,
    min: 0,
    max: 0.99,
  }),
  calibration: integer({
    description: 'Most benign texts to calibrate the threshold on.',
    default: 100,
    min: 1,
    max: 1000,
    unit: 'texts',
  }),
};

/** Benign texts for calibration: texts set aside for it, else the harmless ones that defenses learn from. */
export function benignTexts({ calibration, harmless }: ContrastPrompts, most: number) {
  const isAside = calibration !== undefined && calibration.length > 0;
  return {
    requests: (isAside ? calibration : harmless).slice(0, most),
    texts: isAside ? 'calibration' : 'contrast',
  } as const;
}

/** Of a detector that reads answers. */
export const answerTokens = integer({
  description: 'Calibration only: most tokens of each answer.',
  default: 64,
  min: 1,
  max: 1024,
  unit: 'tokens',
});

/** The scores that a detector gives to benign texts, one after the other. */
export async function benignScores(
  contrast: ContrastPrompts,
  most: number,
  onProgress: ((done: number, total: number) => void) | undefined,
  scoreOf: (request: string) => Promise<number>,
) {
  const { requests, texts } = benignTexts(contrast, most);
  const scores: number[] = [];
  for (const request of requests) {
    scores.push(await scoreOf(request));
    onProgress?.(scores.length, requests.length);
  }
  return { scores, texts };
}

interface Threshold {
  readonly threshold: number;
  readonly benign: number;
  readonly flagged: number;
}

/**
 * The lowest threshold that at most a share `rate` of all benign scores exceeds; at rate 0 it is their maximum.
 * @param scores of benign texts by the detector that flags what exceeds its threshold; Infinity for a text that it flags
 *   at any threshold
 * @throws RangeError for no scores, or a rate outside [0, 1)
 */
export function thresholdAbove(scores: readonly number[], rate: number): Threshold {
  if (scores.length === 0 || !(rate >= 0 && rate < 1))
    throw new RangeError('Calibration needs benign scores and a rate of at least 0 and below 1.');
  const highestFirst = scores.toSorted((a, b) => b - a);
  const threshold = Math.min(Number.MAX_VALUE, highestFirst[Math.floor(rate * scores.length)]!);
  const flagged = scores.filter((score) => score > threshold).length;
  return { threshold, benign: scores.length, flagged };
}

/** As `thresholdAbove`, for a detector that flags what falls below its threshold: the highest one. */
export function thresholdBelow(scores: readonly number[], rate: number): Threshold {
  const { threshold, ...counts } = thresholdAbove(
    scores.map((score) => -score),
    rate,
  );
  return { threshold: threshold === 0 ? 0 : -threshold, ...counts };
}

/** What an event says of the score by which a detector decided. @param from its threshold, with where it comes from */
export const detectionBy = (score: number, from: Calibration, below?: true): Detection => {
  const { threshold, benign, flagged, texts } = from;
  return {
    score: Math.min(score, Number.MAX_VALUE),
    threshold,
    ...(below && { below }),
    ...(benign !== undefined &&
      flagged !== undefined &&
      texts && { calibration: { benign, flagged, texts } }),
  };
};

/** What an event says of the calibration of its threshold. */
export const calibrationDetail = ({ benign, flagged, texts }: Calibration) => ({
  ...(benign !== undefined && { calibratedOn: benign }),
  ...(flagged !== undefined && { calibrationFlagged: flagged }),
  ...(texts !== undefined && { calibrationTexts: texts }),
});
