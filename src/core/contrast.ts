/** @file Pairs of harmful and harmless requests, from which methods find where a model distinguishes the two. */
import { z } from 'zod';

export const contrastSchema = z.strictObject({
  /** Requests that the model should decline. */
  harmful: z.array(z.string().min(1).max(200_000)).min(1).max(10_000),
  /** Similar requests that it should answer; the two lists are paired by index. */
  harmless: z.array(z.string().min(1).max(200_000)).min(1).max(10_000),
});

export interface ContrastPrompts {
  readonly harmful: readonly string[];
  readonly harmless: readonly string[];
}

/** The pairs with neither request in `tested` (case and white space do not count); `null` when none is left. */
export function untested(
  { harmful, harmless }: ContrastPrompts,
  tested: readonly string[],
): ContrastPrompts | null {
  const normalized = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase();
  const testedTexts = new Set(tested.map(normalized));
  const isFresh = (prompt: string | undefined) =>
    prompt !== undefined && !testedTexts.has(normalized(prompt));
  const indices = [...harmful.keys()].filter((i) => isFresh(harmful[i]) && isFresh(harmless[i]));
  if (indices.length === 0) return null;
  return { harmful: indices.map((i) => harmful[i]!), harmless: indices.map((i) => harmless[i]!) };
}
