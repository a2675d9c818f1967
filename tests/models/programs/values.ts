/** @file Dense arrays in float64, and derivatives of functions of them: the other side of every test in this folder. */
import { createRandom } from '../../../src/core/random.ts';
import { sizeOf } from '../../../src/models/arrays/array-device.ts';

/** Row-major. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}
export type Named = Readonly<Record<string, Values>>;

export const values = (shape: readonly number[], data: ArrayLike<number>): Values => ({
  shape,
  data: Float64Array.from(data),
});

/** Normal numbers that float32 holds exactly, so that both sides compute with the same. */
export function randomValues(shape: readonly number[], seed: string, deviation = 1): Values {
  const random = createRandom(seed);
  return values(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(deviation * random.normal())),
  );
}

/** x · wᵀ: [N, in] and [out, in] → [N, out] */
export function timesTransposed(x: Values, w: Values): Values {
  const [rows, inner] = x.shape as [number, number];
  const out = w.shape[0]!;
  const data = new Float64Array(rows * out);
  for (let n = 0; n < rows; n++)
    for (let o = 0; o < out; o++)
      for (let i = 0; i < inner; i++) data[n * out + o]! += x.data[n * inner + i]! * w.data[o * inner + i]!;
  return values([rows, out], data);
}

/** The rows of the last axis. */
export function rowsOf({ shape, data }: Values): Float64Array[] {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, row) =>
    data.subarray(row * width, (row + 1) * width),
  );
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** How ⟨dy, f(inputs)⟩ grows as `inputs[name]` moves in a direction of its shape, by central differences. */
export function slopeAlong(
  f: (inputs: Named) => Float64Array,
  inputs: Named,
  name: string,
  dy: Float64Array,
  direction: Float64Array,
): number {
  const { shape, data } = inputs[name]!;
  const step = 1e-5;
  const at = (delta: number) => {
    const moved = data.map((value, i) => value + delta * direction[i]!);
    return dot(dy, f({ ...inputs, [name]: { shape, data: moved } }));
  };
  return (at(step) - at(-step)) / (2 * step);
}

/** d⟨dy, f(inputs)⟩ / d inputs[name], element by element. */
export const centralDifferences = (
  f: (inputs: Named) => Float64Array,
  inputs: Named,
  name: string,
  dy: Float64Array,
): Float64Array =>
  inputs[name]!.data.map((_, element, { length }) => {
    const direction = new Float64Array(length);
    direction[element] = 1;
    return slopeAlong(f, inputs, name, dy, direction);
  });

/** The largest difference, as a share of the largest expected value. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return actual.length === expected.length ? worst / scale : Infinity;
}
