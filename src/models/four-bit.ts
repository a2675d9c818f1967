/**
 * @file Matrices in blocks of four-bit values, as the operator MatMulNBits of ONNX Runtime reads them: w ≈ scale · (q − 8)
 * with q from 0 to 15 and a scale per 32 values of a row.
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
 */
import { roundToHalves } from './float16.ts';

/** Values that share a scale. */
export const blockSize = 32;

export interface FourBitValues {
  /** q, two to a byte, the first in the low bits. */
  readonly packed: Uint8Array<ArrayBuffer>;
  /** Halves, one per block. */
  readonly scales: Uint16Array<ArrayBuffer>;
}

/**
 * Steps tried per block, as shares of the one that takes the value farthest from 0 to −8: a smaller step serves the
 * many values near 0 and cuts off the farthest.
 */
const stepShares = [1.1, 1, 0.94, 0.88, 0.82];

/** @param values of whole blocks: their number is a multiple of `blockSize` */
export function toFourBit(values: Float32Array): FourBitValues {
  const blocks = values.length / blockSize;
  if (!Number.isInteger(blocks)) throw new RangeError(`${values.length} values are no whole blocks.`);
  const packed = new Uint8Array(values.length / 2);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize;
    const scale = (scales[block] = scaleOf(values, start));
    const perStep = scale === 0 ? 0 : 1 / scale;
    for (let i = 0; i < blockSize; i += 2)
      packed[(start + i) / 2] =
        (level(values[start + i]! * perStep) + 8) | ((level(values[start + i + 1]! * perStep) + 8) << 4);
  }
  return { packed, scales: roundToHalves(scales) };
}

/** The nearest of the levels from −8 to 7. */
function level(steps: number): number {
  const nearest = Math.round(steps);
  return nearest > 7 ? 7 : nearest < -8 ? -8 : nearest;
}

/** The scale with the smallest squared error among those that the steps lead to. */
function scaleOf(values: Float32Array, start: number): number {
  let farthest = 0;
  for (let i = start; i < start + blockSize; i++)
    if (Math.abs(values[i]!) > Math.abs(farthest)) farthest = values[i]!;
  if (farthest === 0) return 0;
  let [best, most] = [0, -1];
  for (const share of stepShares) {
    const perStep = -8 / (farthest * share);
    let [products, squares] = [0, 0];
    for (let i = start; i < start + blockSize; i++) {
      const q = level(values[i]! * perStep);
      products += q * values[i]!;
      squares += q * q;
    }
    // The best scale for these levels is products / squares; the error falls as this grows.
    const gain = squares === 0 ? 0 : (products * products) / squares;
    if (gain > most) [best, most] = [products / squares, gain];
  }
  return best;
}
