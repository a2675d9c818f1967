/** @file Shapes of compiled arrays. Compiling a new shape takes time, so sizes are rounded up to a few values. */

/**
 * The smallest bucket that holds `size`: all sizes up to `perOctave`, then that many per octave
 * (for 4: 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20 …).
 */
export function bucket(size: number, perOctave: 4 | 8 = 4): number {
  if (size <= perOctave) return Math.max(1, size);
  const step = 2 ** (Math.ceil(Math.log2(size)) - 1) / perOctave;
  return Math.ceil(size / step) * step;
}

/** A token to be predicted, and the flat index of the position that predicts it. */
export interface Scored {
  readonly position: number;
  readonly target: number;
  readonly weight: number;
}

/** Arguments of `targetLogProbs`: M scored positions out of N. */
export interface ScoredArrays {
  readonly positions: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float32Array;
  /** Index in these arrays of each scored token. */
  readonly slots: readonly number[];
}

/**
 * Lay out scored tokens in arrays of length `size`, the rest of weight 0. With `size` = N, each stays at its position.
 * @param capacity N, the number of positions there are
 */
export function arrangeScored(scored: readonly Scored[], size: number, capacity: number): ScoredArrays {
  const count = Math.min(size, capacity);
  const positions = new Int32Array(count);
  const targets = new Int32Array(count);
  const weights = new Float32Array(count);
  const slots = scored.map(({ position, target, weight }, i) => {
    const slot = count === capacity ? position : i;
    positions[slot] = position;
    targets[slot] = target;
    weights[slot] = weight;
    return slot;
  });
  return { positions, targets, weights, slots };
}

/** Row-major ids of shape [height, width]; rows are padded with 0 on the right, and so are missing rows. */
export function padRows(rows: readonly ArrayLike<number>[], height: number, width: number): Int32Array {
  const out = new Int32Array(height * width);
  rows.forEach((row, i) => out.set(row, i * width));
  return out;
}

/** How many leading ids all sequences share. */
export function sharedPrefixLength(sequences: readonly (readonly number[])[]): number {
  const [first = [], ...others] = sequences;
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length])) length++;
  return length;
}
