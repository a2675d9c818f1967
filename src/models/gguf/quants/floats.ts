/** @file Tensors stored as floating-point numbers, one value after the other, little end first. */
import { widenHalves } from '../../float16.ts';

let table: Float32Array | null = null;

/** Float32 values of all IEEE halves, by their 16 bits. */
export const halves = (): Float32Array =>
  (table ??= widenHalves(Uint16Array.from({ length: 65_536 }, (_, bits) => bits)));

export function decodeF32(bytes: Uint8Array<ArrayBuffer>, values: Float32Array): void {
  values.set(new Float32Array(bytes.buffer, bytes.byteOffset, values.length));
}

export function decodeF16(bytes: Uint8Array<ArrayBuffer>, values: Float32Array): void {
  values.set(widenHalves(new Uint16Array(bytes.buffer, bytes.byteOffset, values.length)));
}

/** A bfloat16 is the upper half of a float32. */
export function decodeBf16(bytes: Uint8Array<ArrayBuffer>, values: Float32Array<ArrayBuffer>): void {
  const words = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = words[i]! << 16;
}
