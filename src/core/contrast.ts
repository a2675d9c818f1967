/** @file Two kinds of requests whose difference inside a model shows where it tells them apart. */
import { z } from 'zod';

export const contrastSchema = z.strictObject({
  /** Requests that the model should decline. */
  harmful: z.array(z.string().min(1)).min(1),
  /** Requests like them that it should answer; the two lists are paired by place. */
  harmless: z.array(z.string().min(1)).min(1),
});

export interface ContrastPrompts {
  readonly harmful: readonly string[];
  readonly harmless: readonly string[];
}

/**
 * The pairs, one request of each list, of which neither is in `tested` (compared without regard to case and blanks).
 * `null` when none is left.
 */
export function untested(
  { harmful, harmless }: ContrastPrompts,
  tested: readonly string[],
): ContrastPrompts | null {
  const plain = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase();
  const taken = new Set(tested.map(plain));
  const isFresh = (prompt: string | undefined) => prompt !== undefined && !taken.has(plain(prompt));
  const places = [...harmful.keys()].filter((i) => isFresh(harmful[i]) && isFresh(harmless[i]));
  if (places.length === 0) return null;
  return { harmful: places.map((i) => harmful[i]!), harmless: places.map((i) => harmless[i]!) };
}
