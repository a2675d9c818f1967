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

export const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** d⟨dy, f(inputs)⟩ / d inputs[name], at some of its elements, by central differences. */
export function centralDifferences(
  f: (inputs: Named) => Float64Array,
  inputs: Named,
  name: string,
  dy: Float64Array,
  elements: readonly number[],
): number[] {
  const { shape, data } = inputs[name]!;
  const step = 1e-5;
  return elements.map((element) => {
    const at = (delta: number) => {
      const moved = data.slice();
      moved[element]! += delta;
      return dot(dy, f({ ...inputs, [name]: { shape, data: moved } }));
    };
    return (at(step) - at(-step)) / (2 * step);
  });
}

/** The largest difference, as a share of the largest expected value. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return actual.length === expected.length ? worst / scale : Infinity;
}
