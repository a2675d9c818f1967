/**
 * @file Slices of gradients: rows and columns of the gradients of a model's matrices, those that tell harmful requests
 * from harmless ones, and how like a request's gradient they are.
 */
import { z } from 'zod';
import { LabError } from '../../../core/errors.ts';
import { groupedBy } from '../../../core/groups.ts';
import { cosine } from '../../../core/vectors.ts';
import type { Abortable, ScoringRequest, Tensor, WhiteBoxModel } from '../../../models/language-model.ts';

export const sliceSchema = z.strictObject({
  /** Name of the matrix. */
  matrix: z.string(),
  axis: z.enum(['row', 'column']),
  index: z.int().nonnegative(),
  /** Mean gradient of the harmful reference requests in this slice, scaled to length 1. */
  reference: z.array(z.number()).min(1),
});
export type Slice = z.infer<typeof sliceSchema>;
type Axis = Slice['axis'];
const axes: readonly Axis[] = ['row', 'column'];

/** Cosines of the rows, or columns, of two matrices of one shape; 0 where either is zero. */
export function cosines(axis: Axis, a: Tensor, b: Tensor): Float64Array {
  const [rows, columns] = a.shape as [number, number];
  const count = axis === 'row' ? rows : columns;
  const [products, left, right] = [count, count, count].map((size) => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) {
      const slice = axis === 'row' ? row : column;
      const [x, y] = [a.data[at]!, b.data[at]!];
      products[slice]! += x * y;
      left[slice]! += x * x;
      right[slice]! += y * y;
    }
  return products.map((product, i) => product / (Math.sqrt(left[i]! * right[i]!) || Infinity));
}

const sliceOf = ({ shape, data }: Tensor, axis: Axis, index: number): Float32Array => {
  const [rows, columns] = shape as [number, number];
  if (axis === 'row') return data.subarray(index * columns, (index + 1) * columns);
  return Float32Array.from({ length: rows }, (_, row) => data[row * columns + index]!);
};

const meanTensor = (tensors: readonly Tensor[]): Tensor => {
  const data = new Float32Array(tensors[0]!.data.length);
  for (const tensor of tensors)
    for (let i = 0; i < data.length; i++) data[i]! += tensor.data[i]! / tensors.length;
  return { shape: tensors[0]!.shape, data };
};

/** Four digits tell a direction, and keep a file of many slices small. */
function unit(values: Float32Array): number[] {
  const length = Math.hypot(...values) || 1;
  return Array.from(values, (value) => Number((value / length).toPrecision(4)));
}

export interface References {
  readonly harmful: readonly ScoringRequest[];
  readonly harmless: readonly ScoringRequest[];
}

export interface Critical {
  /** Those with the largest gap first. */
  readonly slices: readonly Slice[];
  /** Slices with a gap above the least one, and slices in all. */
  readonly found: number;
  readonly all: number;
}

/**
 * The slices in which gradients of harmful requests are alike and those of harmless ones are not: in which the mean
 * cosine with the mean harmful gradient is higher for harmful requests than for harmless ones by more than `leastGap`.
 * @param most slices that are kept, those with the largest gaps
 */
export async function criticalSlices(
  model: WhiteBoxModel,
  { harmful, harmless }: References,
  { leastGap, most }: { readonly leastGap: number; readonly most: number },
  options: Abortable,
): Promise<Critical> {
  let kept: { readonly gap: number; readonly slice: Slice }[] = [];
  let [found, all] = [0, 0];
  const largest = () => kept.toSorted((a, b) => b.gap - a.gap).slice(0, most);
  await model.weightGradients(
    [...harmful, ...harmless],
    ({ name, values }) => {
      const reference = meanTensor(values.slice(0, harmful.length));
      for (const axis of axes) {
        const likenesses = values.map((gradient) => cosines(axis, gradient, reference));
        const mean = (of: readonly Float64Array[], i: number) =>
          of.reduce((sum, row) => sum + row[i]!, 0) / of.length;
        for (let index = 0; index < likenesses[0]!.length; index++) {
          const gap =
            mean(likenesses.slice(0, harmful.length), index) - mean(likenesses.slice(harmful.length), index);
          all++;
          if (!(gap > leastGap)) continue;
          found++;
          kept.push({
            gap,
            slice: { matrix: name, axis, index, reference: unit(sliceOf(reference, axis, index)) },
          });
        }
        if (kept.length > 2 * most) kept = largest();
      }
    },
    options,
  );
  return { slices: largest().map(({ slice }) => slice), found, all };
}

/**
 * Mean cosine of a request's gradient with the references, over all slices.
 * @throws LabError 'bad-input' if the slices are of a model of another shape
 */
export async function likeness(
  model: WhiteBoxModel,
  slices: readonly Slice[],
  request: ScoringRequest,
  options: Abortable,
): Promise<number> {
  const ofMatrix = groupedBy(slices, ({ matrix }) => matrix);
  let [sum, read] = [0, 0];
  await model.weightGradients(
    [request],
    ({ name, values }) => {
      for (const { axis, index, reference } of ofMatrix.get(name) ?? []) {
        const slice = sliceOf(values[0]!, axis, index);
        if (slice.length !== reference.length) continue;
        sum += cosine(reference, slice);
        read++;
      }
    },
    { ...options, only: new Set(ofMatrix.keys()) },
  );
  if (read === slices.length) return sum / read;
  throw new LabError('bad-input', `${model.id} does not have the weights that GradSafe compares.`, {
    advice: 'Leave its "artifact" out of the plan, so that it is learned anew.',
  });
}
