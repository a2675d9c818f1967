/** @file The check of a loaded model against the logits that were stored with it, for every runtime. */
import { z } from 'zod';

/** `selftest.json` of a model folder: token ids, and the logits after the last of them. */
const schema = z.object({
  ids: z.array(z.int().nonnegative().max(10_000_000)).min(1).max(1000),
  logits: z.array(z.number()).min(1).max(10_000_000),
});

/** Largest difference from stored logits, in logits. */
const tolerance = 1e-2;

/** @returns `null` if the file cannot be read */
export async function matchesStoredLogits(
  file: unknown,
  logitsOf: (ids: readonly number[]) => Promise<Float32Array>,
): Promise<boolean | null> {
  const stored = schema.safeParse(file);
  if (!stored.success) return null;
  return largestDifference(await logitsOf(stored.data.ids), stored.data.logits) <= tolerance;
}

/** Largest absolute difference of two rows of logits; infinite if their lengths differ. */
export function largestDifference(a: Float32Array, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Token ids spread over the vocabulary, always the same. */
export const probeIds = (vocabSize: number, length: number): number[] =>
  Array.from({ length }, (_, i) => (i * 7919 + 11) % vocabSize);
