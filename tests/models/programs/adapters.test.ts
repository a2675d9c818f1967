/** Training of low-rank adapters, against float64. Their gradients in a layer are checked in `layers.test.ts`. */
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../src/models/language-model.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import type { Tensors } from '../../../src/models/safetensors.ts';
import { initAdapters, type AdapterOptions } from '../../../src/models/runtimes/whitebox/adapters.ts';
import { batchOf, createAdapterTrainer } from '../../../src/models/runtimes/whitebox/train.ts';
import { uploadWeights } from '../../../src/models/runtimes/whitebox/weights.ts';
import { referenceLogProbs } from '../whitebox/reference-forward.ts';
import { device, gemmaFields, randomIds, tinyConfig, tinyWeights } from '../whitebox/tiny.ts';
import { dot, randomValues } from './values.ts';

const families: Readonly<Record<string, LlamaConfig>> = {
  llama: tinyConfig(),
  qwen2: tinyConfig({ model_type: 'qwen2', num_key_value_heads: 1, tie_word_embeddings: false }),
  qwen3: tinyConfig({ model_type: 'qwen3' }),
  gemma3: tinyConfig(gemmaFields),
};
const low: AdapterOptions = { rank: 2, alpha: 3 };

const rows = [7, 5, 9].map((length, i) => ({ ids: randomIds(length, 37, `row ${i}`), from: 2 }));

/** Weights with the adapters merged into them, W + (alpha / rank) · B · A, in float64. */
function merged(weights: Tensors, adapters: ReadonlyMap<string, Tensor>): Tensors {
  const out = new Map(weights);
  for (const [name, { shape, data: a }] of adapters) {
    if (!name.endsWith('lora_A.weight')) continue;
    const [rank, inner] = shape as [number, number];
    const prefix = name.replace('.lora_A.weight', '');
    const b = adapters.get(`${prefix}.lora_B.weight`)!.data;
    const weight = weights.get(`${prefix}.weight`)!;
    const data = Float64Array.from(weight.data);
    for (let at = 0; at < data.length; at++)
      for (let r = 0; r < rank; r++)
        data[at]! +=
          (low.alpha / rank) * b[Math.floor(at / inner) * rank + r]! * a[r * inner + (at % inner)]!;
    out.set(`${prefix}.weight`, { shape: weight.shape, data: data as unknown as Float32Array });
  }
  return out;
}

describe.each(Object.entries(families))('adapters of %s', (_, config) => {
  const weights = tinyWeights(config);
  const from: Tensors = new Map(
    [...initAdapters(config, low)].map(([name, { shape }]) => [
      name,
      { shape, data: Float32Array.from(randomValues(shape, name, 0.3).data) },
    ]),
  );
  const lossWith = (adapters: ReadonlyMap<string, Tensor>) => {
    const whole = merged(weights, adapters);
    const logProbs = rows.flatMap(({ ids, from: start }) =>
      referenceLogProbs(config, whole, ids.slice(0, start), ids.slice(start)),
    );
    return -logProbs.reduce((a, b) => a + b) / logProbs.length;
  };

  test('move along the gradient of float64, and the weights beside them stay', async () => {
    const beside = uploadWeights(device, config, weights);
    const query = beside.named.get('model.layers.0.self_attn.q_proj.weight')!;
    const before = await device.read(query);
    const options = { learningRate: 1e-3, clipNorm: Infinity };
    const trainer = createAdapterTrainer(device, config, { adapters: low, beside, from }, options);
    const { loss } = await trainer.step(batchOf(rows));
    expect(loss).toBeCloseTo(lossWith(from), 4);
    const { firstMoments, weights: moved } = await trainer.state();
    expect([...firstMoments.keys()]).toEqual([...from.keys()]);
    for (const [name, { shape, data: moments }] of firstMoments) {
      // The first moment after one step is a tenth of the gradient.
      const gradient = moments.map((moment) => moment / 0.1);
      const { data } = from.get(name)!;
      const direction = randomValues(shape, `direction ${name}`).data;
      const at = (step: number) => {
        const there = Float64Array.from(data, (value, i) => value + step * direction[i]!);
        return lossWith(new Map(from).set(name, { shape, data: there as unknown as Float32Array }));
      };
      const expected = (at(1e-5) - at(-1e-5)) / 2e-5;
      const size = Math.sqrt(dot(gradient, gradient));
      expect(Math.abs(dot(gradient, direction) - expected) / size, name).toBeLessThan(1e-3);
      // And the first step of AdamW is the learning rate, against the sign of the gradient.
      moved.get(name)!.data.forEach((value, i) => {
        const size = Math.abs(gradient[i]!);
        const step = (-options.learningRate * gradient[i]!) / (size + 1e-8);
        expect(Math.abs(value - data[i]! - step)).toBeLessThan(1e-6);
      });
    }
    expect(await device.read(query)).toEqual(before);
    trainer.dispose();
    for (const array of beside.named.values()) array.dispose();
  });
});

test('with their first values change nothing, and only the second factors have a gradient', async () => {
  const config = families['llama']!;
  const weights = tinyWeights(config);
  const beside = uploadWeights(device, config, weights);
  const options = { learningRate: 1e-3, clipNorm: Infinity };
  const trainer = createAdapterTrainer(device, config, { adapters: low, beside }, options);
  const logProbs = rows.flatMap(({ ids }) =>
    referenceLogProbs(config, weights, ids.slice(0, 2), ids.slice(2)),
  );
  const { loss } = await trainer.step(batchOf(rows));
  expect(loss).toBeCloseTo(-logProbs.reduce((a, b) => a + b) / logProbs.length, 4);
  for (const [name, { data }] of (await trainer.state()).firstMoments)
    expect(data.some((moment) => moment !== 0)).toBe(name.endsWith('lora_B.weight'));
  trainer.dispose();
  for (const array of beside.named.values()) array.dispose();
});
