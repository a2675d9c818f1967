/** @file Pairs of harmful and harmless requests, from which methods find where a model distinguishes the two. */
import { z } from 'zod';

export const contrastSchema = z.strictObject({
  harmful: z
    .array(z.string().min(1).max(200_000))
    .min(1)
    .max(10_000)
    .describe('Requests that the model should decline.'),
  harmless: z
    .array(z.string().min(1).max(200_000))
    .min(1)
    .max(10_000)
    .describe('Similar requests that it should answer; the two lists are paired by index.'),
  calibration: z
    .array(z.string().min(1).max(200_000))
    .max(10_000)
    .optional()
    .describe('Other benign requests, from which detectors take their thresholds.'),
});

export interface ContrastPrompts {
  readonly harmful: readonly string[];
  readonly harmless: readonly string[];
  readonly calibration?: readonly string[] | undefined;
}

/**
 * The pairs with neither request in `tested` (case and white space do not count), and the requests for calibration that
 * are neither in it nor in a pair; `null` when no pair is left.
 */
export function untested(
  { harmful, harmless, calibration }: ContrastPrompts,
  tested: readonly string[],
): ContrastPrompts | null {
  const normalized = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase();
  const testedTexts = new Set(tested.map(normalized));
  const isFresh = (prompt: string | undefined) =>
    prompt !== undefined && !testedTexts.has(normalized(prompt));
  const indices = [...harmful.keys()].filter((i) => isFresh(harmful[i]) && isFresh(harmless[i]));
  if (indices.length === 0) return null;
  const learned = new Set([...harmful, ...harmless].map(normalized));
  const aside = calibration?.filter((prompt) => isFresh(prompt) && !learned.has(normalized(prompt)));
  return {
    harmful: indices.map((i) => harmful[i]!),
    harmless: indices.map((i) => harmless[i]!),
    ...(aside && aside.length > 0 && { calibration: aside }),
  };
}
