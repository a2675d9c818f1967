/** @file How values lie in the device's memory: projections are [in, out] there and [out, in] in checkpoints. */
import type { Tensor } from '../../language-model.ts';

const isProjection = (name: string): boolean => /^model\.layers\.\d+\..*_proj\.weight$/.test(name);

/** Columns and rows that are moved at a time, so that both sides stay in the cache. */
const block = 32;

function transposed({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(data.length);
  for (let top = 0; top < rows; top += block)
    for (let left = 0; left < columns; left += block) {
      const [bottom, right] = [Math.min(rows, top + block), Math.min(columns, left + block)];
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++)
          out[column * rows + row] = data[row * columns + column]!;
    }
  return { shape: [columns, rows], data: out };
}

/** A weight, or something with its shape, from a checkpoint as it lies on the device, and back. */
export const relaid = (name: string, tensor: Tensor): Tensor =>
  isProjection(name) ? transposed(tensor) : tensor;
