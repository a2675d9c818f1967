import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/models/gguf/tensors.ts';
import { readableTypes, tensorTypeOf } from '../../../src/models/gguf/tensor-types.ts';

interface Case {
  readonly type: string;
  readonly number: number;
  readonly bytes: string;
  readonly values: string;
}

/** Bytes, and what `gguf.quants.dequantize` of the Python package gguf 0.19.0 makes of them. */
const { cases } = JSON.parse(readFileSync(new URL('quants.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[];
};
const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));
const floatsOf = (base64: string) => new Float32Array(bytesOf(base64).buffer);

test('every type that is read has reference values', () => {
  expect(cases.map(({ type }) => type).toSorted()).toEqual(readableTypes.toSorted());
});

describe.each(cases)('$type', ({ type, number, bytes, values }) => {
  test('decodes to the reference values, to the last bit', async () => {
    const stored = bytesOf(bytes);
    const expected = floatsOf(values);
    const file = new Blob([new Uint8Array(64), stored]);
    const shape = [expected.length];
    expect(tensorTypeOf(number)!.name).toBe(type);
    const read = await decode({ name: type, shape, type: number, begin: 64, bytes: stored.length, file });
    expect(new Uint32Array(read.buffer)).toEqual(new Uint32Array(expected.buffer));
  });
});

test('a tensor that is read in pieces has every block in its place', async () => {
  const { number, bytes, values } = cases.find(({ type }) => type === 'Q6_K')!;
  const stored = bytesOf(bytes);
  const expected = floatsOf(values);
  const times = Math.ceil(8_100_000 / stored.length);
  const many = new Uint8Array(times * stored.length);
  for (let i = 0; i < times; i++) many.set(stored, i * stored.length);
  const read = await decode({
    name: 'large',
    shape: [times, expected.length],
    type: number,
    begin: 0,
    bytes: many.length,
    file: new Blob([many]),
  });
  const copy = Buffer.from(expected.buffer);
  const isCopy = (i: number) => copy.equals(Buffer.from(read.buffer, i * copy.length, copy.length));
  expect(Array.from({ length: times }, (_, i) => i).filter((i) => !isCopy(i))).toEqual([]);
});
