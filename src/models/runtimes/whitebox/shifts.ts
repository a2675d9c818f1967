/** @file Shifts of the residual stream while a batch is read, one vector per position, and their gradients. */
import type { ArrayDevice, DeviceArray } from '../../arrays/array-device.ts';
import type { Shifts } from '../../language-model.ts';
import { noEdits, type ResidualEditor } from './edits.ts';
import type { Programs } from './programs.ts';

export interface ShiftEditor extends ResidualEditor {
  /** By boundary, of the way back that was taken last: [N, d] each. */
  readonly gradients: Map<number, Float32Array>;
}

/** @throws RangeError for a boundary that the model does not have, or values that do not fit the batch */
export function createShifts(
  device: ArrayDevice,
  programs: Programs,
  shifts: Shifts,
  { layers, shape }: { readonly layers: number; readonly shape: readonly [positions: number, width: number] },
): ShiftEditor {
  const [positions, width] = shape;
  for (const [boundary, values] of shifts)
    if (!(boundary >= 0 && boundary <= layers) || values.length !== positions * width)
      throw new RangeError(`A shift at boundary ${boundary} does not fit the batch or the model.`);
  const placed = new Map<number, DeviceArray>();
  const gradients = new Map<number, Float32Array>();
  const upload = (boundary: number, values: Float32Array) => {
    const array = placed.get(boundary) ?? device.upload(shape, values);
    placed.set(boundary, array);
    return array;
  };
  return {
    ...noEdits,
    gradients,
    async apply(boundary, x) {
      const values = shifts.get(boundary);
      if (!values) return x;
      const { sum } = await programs.get('add').run({ a: x, b: upload(boundary, values) });
      x.dispose();
      return sum!;
    },
    async pullBack(boundary, dX) {
      if (shifts.has(boundary)) gradients.set(boundary, await device.read(dX));
      return dX;
    },
    dispose() {
      for (const array of placed.values()) array.dispose();
    },
  };
}
