/** @file Where the rows of a run stand in their sequences: rotary tables and attention masks, made by the processor. */
import type { ArrayDevice, DeviceArray, NamedArrays, Scope } from '../../arrays/array-device.ts';
import { attentionKinds, type AttentionKind } from '../../llama-family.ts';
import type { LlamaConfig } from '../../llama.ts';
import { ropeFrequencies, type Rope } from '../../rope.ts';

/** Inputs of a layer's program; see `LayerGraph`. */
export interface Place extends NamedArrays {
  readonly positions: DeviceArray;
  readonly cos: DeviceArray;
  readonly sin: DeviceArray;
  readonly bias: DeviceArray;
}

/** One for each of `attentionKinds`. */
export type Places = readonly Place[];

/** Large enough to vanish in a softmax, small enough that a row of nothing else stays finite. */
const masked = -1e9;

/** cos and sin of position × frequency, [positions, D/2] each. */
function rotaryTables(device: ArrayDevice, rope: Rope, headDim: number, positions: readonly number[]) {
  const frequencies = ropeFrequencies(rope, headDim);
  const half = frequencies.length;
  const table = (valueAt: (angle: number) => number) =>
    device.upload(
      [positions.length, half],
      Float32Array.from({ length: positions.length * half }, (_, i) =>
        valueAt(positions[Math.floor(i / half)]! * frequencies[i % half]!),
      ),
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** The first position that a query at `position` sees. */
const firstSeen = ({ window }: AttentionKind, position: number): number =>
  window === null ? 0 : Math.max(0, position + 1 - window);

/** Fills one query's row of a mask. */
function show(bias: Float32Array, at: number, width: number, kind: AttentionKind, position: number): void {
  bias.fill(masked, at, at + width);
  bias.fill(0, at + firstSeen(kind, position), at + position + 1);
}

/**
 * Every row at positions `start`, `start + 1` … `start + length − 1`, seeing its own earlier positions. Rows are padded
 * on the right, where causal order hides the padding, so that they need no mask of their own.
 */
export function causalPlaces(
  device: ArrayDevice,
  scope: Scope,
  config: LlamaConfig,
  { rows, length, start }: { readonly rows: number; readonly length: number; readonly start: number },
): Places {
  const groups = config.heads / config.kvHeads;
  const width = start + length;
  const steps = Array.from({ length }, (_, i) => i);
  const positions = scope.own(
    device.uploadInts(
      [rows, length],
      Int32Array.from({ length: rows * length }, (_, i) => i % length),
    ),
  );
  return attentionKinds(config).map((kind) => {
    const bias = new Float32Array(groups * length * width);
    for (let row = 0; row < groups * length; row++)
      show(bias, row * width, width, kind, start + (row % length));
    const tables = rotaryTables(
      device,
      kind.rope,
      config.headDim,
      steps.map((step) => start + step),
    );
    return {
      positions,
      ...scope.ownAll({ ...tables, bias: device.upload([1, 1, groups * length, width], bias) }),
    };
  });
}

/** One new position per row, which sees the cache of `capacity` places up to and including itself. */
export function decodePlaces(
  device: ArrayDevice,
  scope: Scope,
  config: LlamaConfig,
  positions: readonly number[],
  capacity: number,
): { readonly places: Places; readonly write: DeviceArray } {
  const rows = positions.length;
  const groups = config.heads / config.kvHeads;
  const write = new Float32Array(rows * capacity);
  positions.forEach((position, row) => (write[row * capacity + position] = 1));
  const tableRows = scope.own(
    device.uploadInts(
      [rows, 1],
      positions.map((_, row) => row),
    ),
  );
  const places = attentionKinds(config).map((kind) => {
    const bias = new Float32Array(rows * groups * capacity);
    positions.forEach((position, row) => {
      for (let group = 0; group < groups; group++)
        show(bias, (row * groups + group) * capacity, capacity, kind, position);
    });
    const tables = rotaryTables(device, kind.rope, config.headDim, positions);
    return {
      positions: tableRows,
      ...scope.ownAll({ ...tables, bias: device.upload([rows, 1, groups, capacity], bias) }),
    };
  });
  return { places, write: scope.own(device.upload([rows, 1, capacity, 1], write)) };
}
