/**
 * @file Blocks of 32 values that share a scale d, and in the types ending in _1 also a minimum m; both are halves.
 * A value is d × (q − offset) or d × q + m, where q has 4, 5 or 8 bits. Byte j of the nibbles holds value j in its
 * lower and value j + 16 in its upper half; bit j of the 32 high bits is the fifth bit of value j.
 * @see https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c (dequantize_row_q4_0 and its neighbors)
 */
import { halves } from './floats.ts';

const blockValues = 32;

export function decodeQ40(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 18) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 2 + j]!;
      values[out + j] = scale * ((pair & 15) - 8);
      values[out + 16 + j] = scale * ((pair >> 4) - 8);
    }
  }
}

export function decodeQ41(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 20) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const least = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 4 + j]!;
      values[out + j] = scale * (pair & 15) + least;
      values[out + 16 + j] = scale * (pair >> 4) + least;
    }
  }
}

export function decodeQ50(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 22) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const high = highBits(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 6 + j]!;
      values[out + j] = scale * (((pair & 15) | (((high >>> j) & 1) << 4)) - 16);
      values[out + 16 + j] = scale * (((pair >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
    }
  }
}

export function decodeQ51(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 24) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const least = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    const high = highBits(bytes, at + 4);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 8 + j]!;
      values[out + j] = scale * ((pair & 15) | (((high >>> j) & 1) << 4)) + least;
      values[out + 16 + j] = scale * ((pair >> 4) | (((high >>> (j + 16)) & 1) << 4)) + least;
    }
  }
}

export function decodeQ80(bytes: Uint8Array, values: Float32Array): void {
  const half = halves();
  for (let out = 0, at = 0; out < values.length; out += blockValues, at += 34) {
    const scale = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    // Shifting left and back right makes the byte a signed number.
    for (let j = 0; j < blockValues; j++) values[out + j] = scale * ((bytes[at + 2 + j]! << 24) >> 24);
  }
}

const highBits = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
