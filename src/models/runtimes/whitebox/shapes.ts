/** @file Which array shapes are compiled. Every new shape costs seconds, so sizes are rounded up to few values. */

/** The smallest bucket that holds `size`: 1, 2, 3, 4, then four sizes an octave (5, 6, 7, 8, 10, 12, 14, 16, 20 …). */
export function bucket(size: number): number {
  if (size <= 4) return Math.max(1, size);
  const step = 2 ** (Math.ceil(Math.log2(size)) - 3);
  return Math.ceil(size / step) * step;
}
