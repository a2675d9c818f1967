import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { toFourBit } from '../../../src/models/four-bit.ts';
import { widenHalves } from '../../../src/models/float16.ts';
import type { Tensor } from '../../../src/models/language-model.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import type { GraphWeight } from '../../../src/models/onnx/products.ts';
import { writeLlamaOnnx } from '../../../src/models/onnx/llama.ts';
import { readSafetensors, writeSafetensors } from '../../../src/models/safetensors.ts';
import { tinyConfig, tinyFolder, tinyWeights } from '../tiny-model.ts';
import { referenceForward } from '../whitebox/reference-forward.ts';
import { loadEngine } from './load-engine.ts';

const { vocabSize } = tinyConfig;
const half = { arithmetic: 'float16' } as const;
const rng = createRandom('precision');
const ids = Array.from({ length: 20 }, () => rng.integer(vocabSize));
const ones = new Array<number>(20).fill(1);

/** Logits of all positions, from a cache that holds the first 12 tokens. */
async function logitsOf(graph: Uint8Array<ArrayBuffer>, config: LlamaConfig): Promise<Float32Array[]> {
  const engine = await loadEngine(new Map(tinyFolder(config)).set('onnx/model.onnx', graph), vocabSize);
  const first = await engine.forward({
    ids: [ids.slice(0, 12)],
    mask: [ones.slice(0, 12)],
    past: null,
    keep: 12,
  });
  const rest = await engine.forward({ ids: [ids.slice(12)], mask: [ones], past: first.past, keep: 8 });
  return [
    ...Array.from({ length: 12 }, (_, i) => first.logits(0, 11 - i).slice()),
    ...Array.from({ length: 8 }, (_, i) => rest.logits(0, 7 - i).slice()),
  ];
}

/** Largest difference, as a share of the largest logit. */
function gap(logits: readonly Float32Array[], expected: readonly ArrayLike<number>[]): number {
  const largest = Math.max(...expected.map((row) => Math.max(...Array.from(row, Math.abs))));
  const farthest = logits.map((row, p) =>
    Math.max(...row.map((value, i) => Math.abs(value - expected[p]![i]!))),
  );
  return Math.max(...farthest) / largest;
}

const rounded = (weights: ReadonlyMap<string, Tensor>) =>
  readSafetensors(writeSafetensors(weights, { dtype: 'F16' })).tensors;

describe('a graph in half precision is near a float64 forward pass', () => {
  const families: Record<string, Partial<LlamaConfig>> = {
    'llama, grouped queries, tied head': {},
    'llama, untied head, tables of long contexts': { tieWordEmbeddings: false, maxPositions: 20_000 },
    'qwen2: biases on queries, keys and values': { modelType: 'qwen2', attentionBias: 'qkv' },
    'qwen3: norms on queries and keys': { modelType: 'qwen3', queryKeyNorm: true },
  };
  test.each(Object.entries(families))('%s', async (_, change) => {
    const config = { ...tinyConfig, ...change };
    const weights = rounded(tinyWeights(config));
    const { logits } = referenceForward(config, weights, ids);
    const computed = gap(await logitsOf(writeLlamaOnnx(config, weights, half), config), logits);
    expect(computed).toBeLessThan(5e-3); // a half has 11 binary digits
    expect(computed).toBeGreaterThan(1e-6); // float32 would be nearer
  });
});

/** What four bits make of a matrix, as the operator reads it and as values. */
function fourBit({ shape, data }: Tensor): { matrix: GraphWeight; tensor: Tensor } {
  const { packed, scales } = toFourBit(data as Float32Array);
  const widened = widenHalves(scales);
  const values = Float32Array.from(
    { length: data.length },
    (_, i) => (((packed[i >> 1]! >> (4 * (i & 1))) & 15) - 8) * widened[i >> 5]!,
  );
  return {
    matrix: { shape, packed, scales: new Uint8Array(scales.buffer) },
    tensor: { shape, data: values },
  };
}

describe('matrices in four bits', () => {
  test('are multiplied as the values that they stand for', async () => {
    const weights = new Map(rounded(tinyWeights()));
    const mixed = new Map<string, GraphWeight>(weights);
    for (const [name, tensor] of rounded(tinyWeights())) {
      if (tensor.shape.length < 2 || name.includes('embed')) continue;
      const made = fourBit(tensor);
      mixed.set(name, made.matrix);
      weights.set(name, made.tensor);
    }
    const { logits } = referenceForward(tinyConfig, weights, ids);
    expect(gap(await logitsOf(writeLlamaOnnx(tinyConfig, mixed, half), tinyConfig), logits)).toBeLessThan(
      1e-2,
    );
  });

  test('keep values on 16 levels exactly, whatever the sign of the largest', () => {
    for (const sign of [1, -1]) {
      const values = Float32Array.from({ length: 64 }, (_, i) => sign * 0.25 * ((i % 16) - 8));
      expect(fourBit({ shape: [2, 32], data: values }).tensor.data).toEqual(values);
    }
  });

  test('lose less than a tenth of normal values, and nothing of zeros', () => {
    const values = Float32Array.from({ length: 32_000 }, () => 0.02 * rng.normal());
    const { data } = fourBit({ shape: [1000, 32], data: values }).tensor;
    const [lost, all] = [0, 0].map((_, k) =>
      values.reduce((sum, value, i) => sum + (k === 0 ? value - data[i]! : value) ** 2, 0),
    ) as [number, number];
    expect(Math.sqrt(lost / all)).toBeLessThan(0.1);
    const zeros = { shape: [1, 32], data: new Float32Array(32) };
    expect(fourBit(zeros).tensor.data.every((value) => value === 0)).toBe(true);
  });
});
