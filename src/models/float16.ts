/** @file IEEE half precision (binary16), to and from float32: bit by bit, and fast for whole tensors. */

const floatBits = new Uint32Array(1);
const floatValue = new Float32Array(floatBits.buffer);

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Bits of the IEEE half nearest to `value`, ties to even; values out of range become infinity. */
function floatToHalf(value: number): number {
  floatValue[0] = value;
  const bits = floatBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const subnormal = magnitude < 0x38800000;
  const exponent = subnormal ? 0 : (magnitude >>> 23) - 112;
  const shift = subnormal ? 126 - (magnitude >>> 23) : 13;
  if (shift > 24) return sign;
  const fraction = subnormal ? (magnitude & 0x7fffff) | 0x800000 : magnitude & 0x7fffff;
  const truncated = (exponent << 10) | (fraction >>> shift);
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  // Rounding up may carry into the exponent, as the format intends.
  return sign | (truncated + (rest > half || (rest === half && (truncated & 1) === 1) ? 1 : 0));
}

let table: Float32Array | null = null;

/** Float32 values of IEEE halves with these bits. */
export function widenHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToFloat(bits));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]!]!;
  return values;
}

/** Smallest magnitude of a normal half, and the first that rounds to infinity (65520), as bits of a float32. */
const normalFrom = 0x38800000;
const overflowFrom = 0x477ff000;

/** Bits of the nearest IEEE halves, ties to even; values out of range become infinity. */
export function roundToHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const magnitude = word & 0x7fffffff;
    // Moves the exponent's bias from 127 to 15, and rounds off 13 bits.
    halves[i] =
      magnitude >= normalFrom && magnitude < overflowFrom
        ? ((word >>> 16) & 0x8000) | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
        : floatToHalf(values[i]!);
  }
  return halves;
}

/** True if a value is finite but too large for a half. */
export function overflowsHalf(values: Float32Array): boolean {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) {
    const magnitude = words[i]! & 0x7fffffff;
    if (magnitude >= overflowFrom && magnitude < 0x7f800000) return true;
  }
  return false;
}
