/** @file Vectors, and the linear algebra that work on hidden states needs. Shape [d] unless stated otherwise. */

export type Vector = ArrayLike<number>;

export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export const norm = (a: Vector): number => Math.sqrt(dot(a, a));

/** Cosine similarity; 0 if either vector is zero. */
export const cosine = (a: Vector, b: Vector): number => dot(a, b) / (norm(a) * norm(b) || Infinity);

export const scaled = (a: Vector, factor: number): Float64Array =>
  Float64Array.from(a, (value) => factor * value);

/** a + factor · b */
export const plus = (a: Vector, b: Vector, factor = 1): Float64Array =>
  Float64Array.from(a, (value, i) => value + factor * b[i]!);

/** @throws RangeError for no rows */
export function meanOf(rows: readonly Vector[]): Float64Array {
  if (rows.length === 0) throw new RangeError('There is no mean of no vectors.');
  const sum = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let i = 0; i < sum.length; i++) sum[i]! += row[i]!;
  return scaled(sum, 1 / rows.length);
}

/** Views of the `count` rows of a row-major matrix. */
export const rowsOf = (matrix: Float32Array, count: number): readonly Float32Array[] =>
  Array.from({ length: count }, (_, i) =>
    matrix.subarray((i * matrix.length) / count, ((i + 1) * matrix.length) / count),
  );

/** The vector for JSON, rounded to single precision. */
export const rounded = (a: Vector): number[] =>
  Array.from(a, (value) => Number(Math.fround(value).toPrecision(7)));

/**
 * The first `count` principal directions of `rows`, which are not centered here: orthonormal, largest spread first.
 * Fewer if the rows span fewer dimensions. By power iteration, one direction at a time.
 */
export function principalDirections(rows: readonly Vector[], count: number): Float64Array[] {
  const directions: Float64Array[] = [];
  let residuals: readonly Float64Array[] = rows.map((row) => Float64Array.from(row));
  const total = Math.sqrt(residuals.reduce((sum, row) => sum + dot(row, row), 0));
  while (directions.length < count) {
    const direction = widest(residuals);
    if (direction === null || norm(residuals.map((row) => dot(row, direction))) <= 1e-9 * total) break;
    directions.push(direction);
    residuals = residuals.map((row) => plus(row, direction, -dot(row, direction)));
  }
  return directions;
}

const iterations = 300;

function widest(rows: readonly Float64Array[]): Float64Array | null {
  const longest = rows.reduce<Float64Array | null>((a, b) => (a && norm(a) >= norm(b) ? a : b), null);
  let direction = longest;
  for (let i = 0; direction !== null && i < iterations; i++) {
    const length = norm(direction);
    if (length === 0) return null;
    const unit: Float64Array = scaled(direction, 1 / length);
    const next = new Float64Array(unit.length);
    for (const row of rows) {
      const along = dot(row, unit);
      for (let k = 0; k < next.length; k++) next[k]! += along * row[k]!;
    }
    if (i > 0 && norm(plus(scaled(next, 1 / (norm(next) || 1)), unit, -1)) < 1e-12) return unit;
    direction = next;
  }
  const length = direction === null ? 0 : norm(direction);
  return length === 0 ? null : scaled(direction!, 1 / length);
}

/** Σ 0·x is 0 for finite values alone, and NaN otherwise: one pass, without a branch. */
export function allFinite(values: Float32Array): boolean {
  let zero = 0;
  for (let i = 0; i < values.length; i++) zero += values[i]! * 0;
  return zero === 0;
}
