import { describe, expect, test } from 'vitest';
import type { ComputeDevice } from '../../src/models/compute-device.ts';
import { chooseFourBit, choosePrecision, type OfferedPrecisions } from '../../src/models/precision.ts';

const processor: ComputeDevice = { kind: 'wasm', f16: false };
const plainAdapter: ComputeDevice = { kind: 'webgpu', f16: false };
const halfAdapter: ComputeDevice = { kind: 'webgpu', f16: true };
const both: OfferedPrecisions = { offered: ['float32', 'float16'], withoutHalf: null };
const fourBit: OfferedPrecisions = { offered: ['float32', 'float16', 'q4f16'], withoutHalf: null };
const gemma: OfferedPrecisions = { offered: ['float32'], withoutHalf: 'Its activations are too large.' };

describe('the same stored model is computed', () => {
  test.each([
    ['in single precision on the processor', fourBit, processor, 'float32', /4 to 9 times longer/],
    ['in single precision without shader-f16', fourBit, plainAdapter, 'float32', /shader-f16/],
    ['in half precision with it', both, halfAdapter, 'float16', /shader-f16/],
    ['in four bits where it has them', fourBit, halfAdapter, 'q4f16', /4-bit form/],
    ['in single precision where it has no other', gemma, halfAdapter, 'float32', /activations/],
  ] as const)('%s', (_, model, device, precision, why) => {
    const chosen = choosePrecision(model, device);
    expect(chosen.precision).toBe(precision);
    expect(chosen.why).toMatch(why);
  });
});

describe('the user’s wish', () => {
  test('is met where it can be', () => {
    for (const wish of ['float32', 'float16', 'q4f16'] as const)
      expect(choosePrecision(fourBit, halfAdapter, wish)).toEqual({ precision: wish, why: 'You chose it.' });
  });
  test.each([
    [fourBit, processor, 'float16', 'float32', /^The processor computes in single precision: [^.]*\.$/],
    [
      fourBit,
      plainAdapter,
      'q4f16',
      'float32',
      /^This graphics adapter has no half-precision shaders [^.]*\.$/,
    ],
    [
      both,
      halfAdapter,
      'q4f16',
      'float16',
      /^No 4-bit form of it was made .* This graphics adapter has half/,
    ],
    [gemma, halfAdapter, 'float16', 'float32', /^Its activations are too large\.$/],
  ] as const)('is answered with the reason where it cannot: %#', (model, device, wish, precision, why) => {
    const chosen = choosePrecision(model, device, wish);
    expect(chosen.precision).toBe(precision);
    expect(chosen.why).toMatch(why);
  });
});

test('a 4-bit form is made of large models for adapters that have half precision', () => {
  expect(chooseFourBit(1.2e9, halfAdapter)).toMatchObject({ make: true });
  expect(chooseFourBit(135e6, halfAdapter)).toMatchObject({
    make: false,
    why: expect.stringMatching(/135 million/),
  });
  expect(chooseFourBit(1.2e9, plainAdapter)).toMatchObject({ make: false });
  expect(chooseFourBit(1.2e9, processor)).toMatchObject({
    make: false,
    why: expect.stringMatching(/processor/),
  });
});
