import { describe, expect, test } from 'vitest';
import { device, randomIds, tinyConfig, tinyWeights } from './tiny.ts';
import { referenceForward, referenceLogSoftmax } from './reference-forward.ts';
import { createRandom } from '../../../src/core/random.ts';
import { initWeights } from '../../../src/models/llama-weights.ts';
import {
  createClassifierTrainer,
  type LabeledText,
} from '../../../src/models/runtimes/whitebox/train-classifier.ts';
import type { Tensors } from '../../../src/models/safetensors.ts';

const config = { ...tinyConfig(), labels: ['safe', 'odd', 'unsafe'] };
const batch: readonly LabeledText[] = [7, 5, 1, 12, 6].map((length, i) => ({
  ids: randomIds(length, config.vocabSize, `text ${i}`),
  label: i % 3,
  weight: i === 1 ? 2 : 1,
}));

const expected = (weights: Tensors, { ids }: LabeledText) =>
  referenceLogSoftmax(referenceForward(config, weights, ids).logits.at(-1)!);

const referenceLoss = (weights: Tensors) =>
  batch.reduce((sum, text) => sum - (text.weight ?? 1) * expected(weights, text)[text.label]!, 0) / 6;

describe('a classifier trainer', () => {
  test('reads the label after the last token, whatever else is in the batch', async () => {
    const weights = tinyWeights(config);
    const trainer = createClassifierTrainer(device, config, weights, { learningRate: 1e-3 });
    expect(await trainer.evaluate(batch)).toBeCloseTo(referenceLoss(weights), 5);
    const together = await trainer.classify(batch.map(({ ids }) => ids));
    for (const [row, text] of batch.entries()) {
      const [alone] = await trainer.classify([text.ids]);
      expected(weights, text).forEach((logProb, label) => {
        expect(together[row]![label]).toBeCloseTo(Math.exp(logProb), 5);
        expect(alone![label]).toBeCloseTo(Math.exp(logProb), 5);
      });
    }
    trainer.dispose();
  });

  test('steps along the gradient, by float64 central differences', async () => {
    const weights = tinyWeights(config);
    const trainer = createClassifierTrainer(device, config, weights, {
      learningRate: 1e-2,
      clipNorm: Infinity,
    });
    await trainer.step(batch);
    const { firstMoments } = await trainer.state();
    const lossWith = (name: string, index: number, delta: number) => {
      const { shape, data } = weights.get(name)!;
      const moved = Float64Array.from(data);
      moved[index]! += delta;
      return referenceLoss(new Map(weights).set(name, { shape, data: moved as unknown as Float32Array }));
    };
    const random = createRandom('which weights');
    for (const [name, { data }] of weights) {
      const index =
        name === 'model.embed_tokens.weight' ? batch[0]!.ids[3]! * 16 + 3 : random.integer(data.length);
      const gradient = (lossWith(name, index, 1e-4) - lossWith(name, index, -1e-4)) / 2e-4;
      const measured = firstMoments.get(name)!.data[index]! / 0.1;
      expect(Math.abs(measured - gradient), name).toBeLessThan(1e-4 * Math.abs(gradient) + 1e-5);
    }
    trainer.dispose();
  });

  test('fits its labels, continues from a saved state, and leaves no buffers behind', async () => {
    const before = device.bytesHeld;
    const start = initWeights(config, createRandom(8));
    const trainer = createClassifierTrainer(device, config, start, { learningRate: 1e-2, weightDecay: 0.05 });
    for (let i = 0; i < 40; i++) await trainer.step(batch);
    const saved = structuredClone(await trainer.state());
    const onward = await trainer.step(batch);
    expect(onward.loss).toBeLessThan(0.1);
    const guesses = await trainer.classify(batch.map(({ ids }) => ids));
    guesses.forEach((probabilities, i) => {
      expect(probabilities[batch[i]!.label]).toBeGreaterThan(0.9);
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    });
    const resumed = createClassifierTrainer(device, config, start, { learningRate: 1e-2, weightDecay: 0.05 });
    resumed.restore(saved);
    expect(await resumed.step(batch)).toEqual(onward);
    trainer.dispose();
    resumed.dispose();
    expect(device.bytesHeld).toBe(before);
  });

  test('refuses batches that it cannot train on', async () => {
    expect(() =>
      createClassifierTrainer(device, tinyConfig(), tinyWeights(tinyConfig()), { learningRate: 1 }),
    ).toThrow(/needs labels/);
    const trainer = createClassifierTrainer(device, config, tinyWeights(config), { learningRate: 1e-3 });
    await expect(trainer.step([])).rejects.toThrow(/needs a text/);
    await expect(trainer.step([{ ids: [], label: 0 }])).rejects.toThrow(/each text a token/);
    await expect(trainer.step([{ ids: [3], label: 3 }])).rejects.toThrow(/no label 3/);
    trainer.dispose();
  });
});
