/** @file A fast hash of text that is the same everywhere: it names random streams and tells texts apart. Not for secrets. */

/** Four words of 32 bits (four interleaved multiply–rotate hashes). */
export function hash128(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ k, 597399067);
    b = c ^ Math.imul(b ^ k, 2869860233);
    c = d ^ Math.imul(c ^ k, 951274213);
    d = a ^ Math.imul(d ^ k, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [(a ^ b ^ c ^ d) >>> 0, (b ^ a) >>> 0, (c ^ a) >>> 0, (d ^ a) >>> 0];
}

/** 32 hexadecimal digits. Unequal texts have unequal fingerprints, but for a chance of 2⁻¹²⁸ a pair. */
export const fingerprint = (text: string): string =>
  hash128(text)
    .map((word) => word.toString(16).padStart(8, '0'))
    .join('');
