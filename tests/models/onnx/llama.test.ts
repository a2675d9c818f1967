import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import { writeLlamaOnnx } from '../../../src/models/onnx/llama.ts';
import type { Engine, Output } from '../../../src/models/runtimes/transformers/engine.ts';
import { readSafetensors, writeSafetensors } from '../../../src/models/safetensors.ts';
import { tinyConfig, tinyFolder, tinyWeights } from '../tiny-model.ts';
import { referenceForward } from '../whitebox/reference-forward.ts';
import { loadEngine } from './load-engine.ts';

const { vocabSize } = tinyConfig;
const randomIds = (seed: string, length: number) => {
  const rng = createRandom(seed);
  return Array.from({ length }, () => rng.integer(vocabSize));
};
const ones = (length: number) => new Array<number>(length).fill(1);
const zeros = (length: number) => new Array<number>(length).fill(0);

/** Logits of the last `count` positions of one row. */
const lastLogits = (output: Output, row: number, count: number) =>
  Array.from({ length: count }, (_, i) => output.logits(row, count - 1 - i).slice());

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

/** Four norms per layer, scaled embeddings, and a window shorter than the texts on the first layer. */
const gemma: LlamaConfig = {
  ...tinyConfig,
  modelType: 'gemma3_text',
  queryKeyNorm: true,
  sliding: { window: 7, rope: { theta: 1000, scaling: null }, layers: [0] },
};

describe('a written graph computes what a float64 forward pass computes', () => {
  const families: Record<string, Partial<LlamaConfig>> = {
    'llama, grouped queries, tied head': {},
    'llama, one head per key, untied head': { kvHeads: 4, tieWordEmbeddings: false },
    'qwen2: biases on queries, keys and values': { modelType: 'qwen2', attentionBias: 'qkv' },
    'qwen3: norms on queries and keys': {
      modelType: 'qwen3',
      queryKeyNorm: true,
      rope: { theta: 1e6, scaling: null },
    },
    'biases on all of attention': { attentionBias: 'qkvo' },
    'gemma3: four norms, scaled embeddings, windows': gemma,
  };
  for (const [family, change] of Object.entries(families))
    test(family, async () => {
      const config = { ...tinyConfig, ...change };
      const weights = tinyWeights(config);
      const engine = await loadEngine(tinyFolder(config, weights), vocabSize);
      const ids = randomIds(family, 20);
      const output = await engine.forward({ ids: [ids], mask: [ones(20)], past: null, keep: 20 });
      const { logits } = referenceForward(config, weights, ids);
      const scale = Math.max(...logits.map((row) => Math.max(...row.map(Math.abs))));
      lastLogits(output, 0, 20).forEach((row, position) =>
        expect(farthest(row, logits[position]!)).toBeLessThan(1e-5 * scale),
      );
    });

  test('beyond the context for which rotary tables are stored whole', async () => {
    const ids = randomIds('long', 600);
    const lastOf = async (maxPositions: number) => {
      const config = { ...gemma, maxPositions };
      const engine = await loadEngine(tinyFolder(config, tinyWeights(config)), vocabSize);
      return lastLogits(
        await engine.forward({ ids: [ids], mask: [ones(600)], past: null, keep: 100 }),
        0,
        100,
      );
    };
    const whole = await lastOf(600);
    (await lastOf(100_000)).forEach((row, i) => expect(farthest(row, whole[i]!)).toBeLessThan(1e-3));
  });

  test('with weights stored in half precision, for the rounded weights', async () => {
    const weights = tinyWeights();
    const { tensors: rounded } = readSafetensors(writeSafetensors(weights, { dtype: 'F16' }));
    const engine = await loadEngine(tinyFolder(tinyConfig, weights, { weights: 'float16' }), vocabSize);
    const ids = randomIds('half', 12);
    const output = await engine.forward({ ids: [ids], mask: [ones(12)], past: null, keep: 1 });
    const { logits } = referenceForward(tinyConfig, rounded, ids);
    expect(farthest(output.logits(0, 0), logits.at(-1)!)).toBeLessThan(1e-4);
  });
});

describe('the file', () => {
  const bytes = (options = {}, config: LlamaConfig = tinyConfig) =>
    writeLlamaOnnx(config, tinyWeights(config), options).byteLength;

  test('stores a tied head once', () => {
    const untied = bytes({}, { ...tinyConfig, tieWordEmbeddings: false });
    expect(untied - bytes()).toBeGreaterThan(vocabSize * tinyConfig.hiddenSize * 3.9);
  });
  test('is about half as large with half-precision weights', () => {
    expect(bytes({ weights: 'float16' }) / bytes()).toBeLessThan(0.62);
  });
  test('is the same bytes for the same weights', () => {
    expect(writeLlamaOnnx(tinyConfig, tinyWeights())).toEqual(writeLlamaOnnx(tinyConfig, tinyWeights()));
  });
  test('cannot be written without all weights', () => {
    const weights = new Map(tinyWeights());
    weights.delete('model.norm.weight');
    expect(() => writeLlamaOnnx(tinyConfig, weights)).toThrow(/model\.norm\.weight/);
  });
});

/**
 * Every comparison here is exact. It holds because masked keys add exact zeros to sums that run term by term; with
 * the Softmax operator the same rows differ in their last bits.
 */
describe.each([
  ['llama', tinyConfig],
  ['gemma3', gemma],
])('a row of %s comes out the same to the last bit', (_, config) => {
  let engine: Engine;
  const lengths = [20, 33, 5, 48, 17, 2, 60, 41];
  const prompts = lengths.map((length, row) => randomIds(`row ${row}`, length));
  const next = prompts.map((_, row) => randomIds(`next ${row}`, 6));
  const alone: Float32Array[][] = [];

  /** Logits after the prompt and after each of the next tokens, for rows padded at `side` to `width`. */
  async function decode(rows: readonly number[], width: number, side: 'left' | 'right') {
    const pad = (row: number, fill: (length: number) => number[], middle: number[]) =>
      side === 'left'
        ? [...fill(width - lengths[row]!), ...middle]
        : [...middle, ...fill(width - lengths[row]!)];
    const ids = rows.map((row) => pad(row, zeros, prompts[row]!));
    let masks = rows.map((row) => pad(row, zeros, ones(lengths[row]!)));
    let output = await engine.forward({ ids, mask: masks, past: null, keep: width });
    const seen = rows.map((row, place) => [
      output.logits(place, side === 'left' ? 0 : width - lengths[row]!).slice(),
    ]);
    for (let t = 0; t < 6; t++) {
      masks = masks.map((mask) => [...mask, 1]);
      output = await engine.forward({
        ids: rows.map((row) => [next[row]![t]!]),
        mask: masks,
        past: output.past,
        keep: 1,
      });
      rows.forEach((_, place) => seen[place]!.push(output.logits(place, 0).slice()));
    }
    return seen;
  }

  beforeAll(async () => {
    engine = await loadEngine(tinyFolder(config, tinyWeights(config)), vocabSize);
    for (const row of lengths.keys()) alone.push((await decode([row], lengths[row]!, 'left'))[0]!);
  });

  const all = [...lengths.keys()];
  test('in a batch of eight, padded at the left', async () => {
    expect(await decode(all, 60, 'left')).toEqual(alone);
  });
  test('with more padding than any row needs', async () => {
    expect(await decode(all, 75, 'left')).toEqual(alone);
  });
  test('padded at the right, which leaves a gap in the cache', async () => {
    expect(await decode(all, 60, 'right')).toEqual(alone);
  });
  test('beside other rows, in another order', async () => {
    expect(await decode([6, 2, 0], 60, 'left')).toEqual([alone[6], alone[2], alone[0]]);
  });
  test('read at once, in pieces, or token by token', async () => {
    const ids = prompts[6]!;
    const whole = await engine.forward({ ids: [ids], mask: [ones(60)], past: null, keep: 60 });
    const expected = lastLogits(whole, 0, 60);
    const first = await engine.forward({ ids: [ids.slice(0, 25)], mask: [ones(25)], past: null, keep: 25 });
    expect(lastLogits(first, 0, 25)).toEqual(expected.slice(0, 25));
    const second = await engine.forward({
      ids: [ids.slice(25)],
      mask: [ones(60)],
      past: first.past,
      keep: 35,
    });
    expect(lastLogits(second, 0, 35)).toEqual(expected.slice(25));
    let { past } = first;
    for (let t = 25; t < 40; t++) {
      const step = await engine.forward({ ids: [[ids[t]!]], mask: [ones(t + 1)], past, keep: 1 });
      expect(step.logits(0, 0)).toEqual(expected[t]);
      ({ past } = step);
    }
  });
});
