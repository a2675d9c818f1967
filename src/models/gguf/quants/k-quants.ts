/**
 * @file K-quants: blocks of 256 values with a scale d in half precision, parts of 32 (Q4_K, Q5_K) or 16 (Q6_K) values
 * with scales of 6 or 8 bits, which are multiples of d. Q4_K and Q5_K also have a minimum for each part, in multiples of
 * a second half. A value is d × scale × q − dmin × minimum, in Q6_K d × scale × (q − 32).
 * @see https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c (dequantize_row_q4_K and its neighbors)
 */
import { halves } from './floats.ts';

const blockValues = 256;

export function decodeQ4K(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 144) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const least = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let part = 0; part < 8; part++) {
      const factor = scale * scaleOf(bytes, at + 4, part);
      const offset = least * minimumOf(bytes, at + 4, part);
      // Two parts share 32 bytes: the even one has the lower nibbles.
      const nibbles = at + 16 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let j = 0; j < 32; j++)
        values[out + part * 32 + j] = factor * ((bytes[nibbles + j]! >> shift) & 15) - offset;
    }
  }
}

export function decodeQ5K(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 176) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const least = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let part = 0; part < 8; part++) {
      const factor = scale * scaleOf(bytes, at + 4, part);
      const offset = least * minimumOf(bytes, at + 4, part);
      const nibbles = at + 48 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let j = 0; j < 32; j++) {
        const high = (bytes[at + 16 + j]! >> part) & 1;
        values[out + part * 32 + j] = factor * (((bytes[nibbles + j]! >> shift) & 15) | (high << 4)) - offset;
      }
    }
  }
}

export function decodeQ6K(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 210) {
    const scale = half[bytes[at + 208]! | (bytes[at + 209]! << 8)]!;
    for (let part = 0; part < 16; part++) {
      const factor = scale * ((bytes[at + 192 + part]! << 24) >> 24);
      // 128 values share 64 bytes of nibbles and 32 bytes of high bits; `row` is their run of 32 values.
      const [upperHalf, row, column] = [part >> 3, (part >> 1) & 3, (part & 1) * 16];
      const nibbles = at + upperHalf * 64 + (row & 1) * 32 + column;
      const highs = at + 128 + upperHalf * 32 + column;
      const [nibbleShift, highShift] = [(row >> 1) * 4, row * 2];
      for (let j = 0; j < 16; j++) {
        const low = (bytes[nibbles + j]! >> nibbleShift) & 15;
        const high = (bytes[highs + j]! >> highShift) & 3;
        values[out + part * 16 + j] = factor * ((low | (high << 4)) - 32);
      }
    }
  }
}

/**
 * Eight scales and eight minima of 6 bits in 12 bytes from `at`: the first four of each in the lower bits of bytes 0–3
 * and 4–7; the others have their lower 4 bits in bytes 8–11 and their upper 2 in the upper bits of bytes 0–7.
 */
const scaleOf = (bytes: Uint8Array, at: number, part: number): number =>
  part < 4 ? bytes[at + part]! & 63 : (bytes[at + part + 4]! & 15) | ((bytes[at + part - 4]! >> 6) << 4);

const minimumOf = (bytes: Uint8Array, at: number, part: number): number =>
  part < 4 ? bytes[at + part + 4]! & 63 : (bytes[at + part + 4]! >> 4) | ((bytes[at + part]! >> 6) << 4);
