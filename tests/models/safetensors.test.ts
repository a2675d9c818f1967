import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { readSafetensors, writeSafetensors, type Tensors } from '../../src/models/safetensors.ts';

const sample: Tensors = new Map([
  ['a.weight', { shape: [2, 3], data: Float32Array.of(1, -2.5, 0, 1e-7, 65504, -0.1) }],
  ['b', { shape: [], data: Float32Array.of(3) }],
  ['empty', { shape: [0, 4], data: new Float32Array() }],
]);

/** A file from a header and raw data bytes. */
function file(header: unknown, data: Uint8Array, claimedLength?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimedLength ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

describe('round trips', () => {
  test('F32 keeps every bit, the order, the shapes and the metadata', () => {
    const { tensors, metadata } = readSafetensors(
      writeSafetensors(sample, { metadata: { format: 'pt', by: 'us' } }),
    );
    expect([...tensors]).toEqual([...sample]);
    expect(metadata).toEqual({ format: 'pt', by: 'us' });
  });

  test('F16 keeps every half-precision value', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const all = file(
      { x: { dtype: 'F16', shape: [65536], data_offsets: [0, 131072] } },
      new Uint8Array(halves.buffer),
    );
    const values = readSafetensors(all).tensors.get('x')!.data;
    const written = writeSafetensors(new Map([['x', { shape: [65536], data: values }]]), { dtype: 'F16' });
    expect(readSafetensors(written).tensors.get('x')!.data).toEqual(values);
  });

  test('F16 rounds to nearest, ties to even, and overflows to infinity', () => {
    // 2049 and 2051 lie halfway between representable neighbours; 65520 is the first value that rounds to infinity.
    const data = Float32Array.of(2049, 2051, 1 / 3, 65519, 65520, 2 ** -25, 2 ** -24 * 1.5, 6.1e-5, NaN);
    const bytes = writeSafetensors(new Map([['x', { shape: [9], data }]]), { dtype: 'F16' });
    expect([...readSafetensors(bytes).tensors.get('x')!.data]).toEqual([
      2048,
      2052,
      0.333251953125,
      65504,
      Infinity,
      0,
      2 ** -23,
      0.00006097555160522461,
      NaN,
    ]);
  });

  test('BF16 widens exactly', () => {
    const words = Uint16Array.of(0x3f80, 0xc020, 0x7f80, 0x0001);
    const bytes = file(
      { x: { dtype: 'BF16', shape: [4], data_offsets: [0, 8] } },
      new Uint8Array(words.buffer),
    );
    expect([...readSafetensors(bytes).tensors.get('x')!.data]).toEqual([1, -2.5, Infinity, 2 ** -133]);
  });

  test('reads a file that starts at an odd byte of its buffer', () => {
    const written = writeSafetensors(sample);
    const shifted = new Uint8Array(written.length + 1);
    shifted.set(written, 1);
    expect([...readSafetensors(shifted.subarray(1)).tensors]).toEqual([...sample]);
  });

  test('reads from a Node Buffer, whose slices share memory', () => {
    for (const dtype of ['F32', 'F16'] as const) {
      const bytes = writeSafetensors(sample, { dtype });
      const lengths = [...readSafetensors(Buffer.from(bytes)).tensors.values()].map(
        ({ data }) => data.length,
      );
      expect(lengths).toEqual([...sample.values()].map(({ data }) => data.length));
    }
  });
});

describe('a damaged file is refused with a reason', () => {
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const four = new Uint8Array(4);
  test.each([
    ['no header', new Uint8Array(3), /too few/],
    ['a header longer than the file', file({ x: entry }, four, 10_000), /claims 10000 bytes/],
    ['an absurd header length', file({ x: entry }, four, 2 ** 40), /claims/],
    ['a header that is not JSON', file('{nope', four), /not JSON/],
    ['a header that is a list', file([], four), /not an object/],
    ['no shape', file({ x: { ...entry, shape: 'wide' } }, four), /no valid shape/],
    ['a negative offset', file({ x: { ...entry, data_offsets: [-4, 0] } }, four), /data_offsets/],
    ['a size that contradicts the shape', file({ x: { ...entry, shape: [3] } }, four), /needs 12 bytes/],
    ['a hole', file({ x: { ...entry, data_offsets: [4, 8] } }, new Uint8Array(8)), /does not start where/],
    ['an overlap', file({ x: entry, y: entry }, four), /does not start where/],
    ['missing data', file({ x: entry }, new Uint8Array(2)), /cover 4 bytes/],
    ['trailing data', file({ x: entry }, new Uint8Array(8)), /cover 4 bytes/],
    [
      'an unreadable type',
      file({ x: { ...entry, dtype: 'I64', data_offsets: [0, 8] } }, new Uint8Array(8)),
      /I64/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(LabError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });
});

test('writing refuses a tensor whose data does not fill its shape', () => {
  expect(() => writeSafetensors(new Map([['x', { shape: [2], data: new Float32Array(3) }]]))).toThrow(
    /holds 3/,
  );
});
