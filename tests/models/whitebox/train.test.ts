import { beforeAll, describe, expect, test } from 'vitest';
import { device, gemmaFields, randomIds, tinyConfig, tinyWeights } from './tiny.ts';
import { referenceLogProbs } from './reference-forward.ts';
import { createRandom } from '../../../src/core/random.ts';
import { initWeights } from '../../../src/models/llama-weights.ts';
import type { TrainingBatch } from '../../../src/models/language-model.ts';
import { createTrainer, type Trainer } from '../../../src/models/runtimes/whitebox/train.ts';
import { learningRateAt } from '../../../src/models/runtimes/whitebox/learning-rate.ts';

const config = tinyConfig();

/** Rows of different lengths, the first `prompt` tokens of each without weight, padded to `length` with `pad`. */
function batchOf(
  rows: readonly (readonly number[])[],
  prompt: number,
  length: number,
  pad = 0,
): TrainingBatch {
  const ids = new Int32Array(rows.length * length).fill(pad);
  const lossWeights = new Float32Array(ids.length);
  rows.forEach((row, i) => {
    ids.set(row, i * length);
    lossWeights.fill(1, i * length + prompt, i * length + row.length);
  });
  return { ids, lossWeights, shape: [rows.length, length] };
}

const rows = [7, 5, 9, 6].map((length, i) => randomIds(length, config.vocabSize, `row ${i}`));

describe('the loss', () => {
  let trainer: Trainer;
  const weights = tinyWeights(config);
  beforeAll(() => {
    trainer = createTrainer(device, config, weights, { learningRate: 1e-3 });
  });

  test('is the mean cross-entropy of the reference over the weighted tokens', async () => {
    const logProbs = rows.flatMap((row) => referenceLogProbs(config, weights, row.slice(0, 2), row.slice(2)));
    const expected = -logProbs.reduce((a, b) => a + b) / logProbs.length;
    expect(await trainer.evaluate(batchOf(rows, 2, 9))).toBeCloseTo(expected, 4);
  });

  test('does not change when padding is added', async () => {
    const loss = await trainer.evaluate(batchOf(rows, 2, 9));
    expect(await trainer.evaluate(batchOf(rows, 2, 24, 5))).toBeCloseTo(loss, 5);
  });

  test('ignores the weight of a first token', async () => {
    expect(await trainer.evaluate(batchOf(rows, 0, 9))).toBeCloseTo(
      await trainer.evaluate(batchOf(rows, 1, 9)),
      6,
    );
  });

  test('weighs tokens in proportion', async () => {
    const batch = batchOf(rows, 2, 9);
    const both = { ...batch, lossWeights: batch.lossWeights.map((w, i) => (i < 9 ? 3 * w : w)) };
    const first = await trainer.evaluate(batchOf(rows.slice(0, 1), 2, 9));
    const rest = await trainer.evaluate(batchOf(rows.slice(1), 2, 9));
    const [nFirst, nRest] = [5, 14];
    expect(await trainer.evaluate(both)).toBeCloseTo(
      (3 * nFirst * first + nRest * rest) / (3 * nFirst + nRest),
      5,
    );
  });

  test('refuses a batch without weights or of the wrong size', async () => {
    await expect(trainer.evaluate(batchOf(rows, 9, 9))).rejects.toThrow(/No token/);
    await expect(trainer.step({ ...batchOf(rows, 2, 9), shape: [4, 8] })).rejects.toThrow(/needs 32/);
  });

  test('log-probs match the reference at every token', async () => {
    const { ids, shape } = batchOf(rows, 0, 9);
    const values = await trainer.logProbs({ ids, shape });
    rows.forEach((row, i) => {
      expect(values[i * 9]).toBe(0);
      referenceLogProbs(config, weights, row.slice(0, 1), row.slice(1)).forEach((expected, t) =>
        expect(Math.abs(values[i * 9 + 1 + t]! - expected)).toBeLessThan(1e-4),
      );
    });
  });
});

describe.each([
  ['llama', config],
  ['gemma3', tinyConfig(gemmaFields)],
])('a step of %s', (_, config) => {
  test('moves every weight by AdamW with clipping, checked by float64 central differences', async () => {
    const weights = tinyWeights(config);
    const options = {
      learningRate: 1e-2,
      weightDecay: 0.1,
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      clipNorm: 0.5,
    };
    const trainer = createTrainer(device, config, weights, options);
    const { gradNorm } = await trainer.step(batchOf(rows, 2, 9));
    const after = await trainer.state();
    const lossWith = (name: string, index: number, delta: number) => {
      const { shape, data } = weights.get(name)!;
      const moved = Float64Array.from(data);
      moved[index]! += delta;
      const changed = new Map(weights).set(name, { shape, data: moved as unknown as Float32Array });
      const logProbs = rows.flatMap((row) =>
        referenceLogProbs(config, changed, row.slice(0, 2), row.slice(2)),
      );
      return -logProbs.reduce((a, b) => a + b) / logProbs.length;
    };
    const clip = Math.min(1, options.clipNorm / gradNorm);
    const rng = createRandom('which weights');
    for (const [name, { shape, data }] of weights) {
      const index = name === 'model.embed_tokens.weight' ? rows[0]![3]! * 16 + 3 : rng.integer(data.length);
      const gradient = (clip * (lossWith(name, index, 1e-4) - lossWith(name, index, -1e-4))) / 2e-4;
      const first = after.firstMoments.get(name)!.data[index]!;
      expect(Math.abs(first - 0.1 * gradient)).toBeLessThan(1e-4 * Math.abs(gradient) + 1e-6);
      const second = after.secondMoments.get(name)!.data[index]!;
      expect(Math.abs(second - 0.05 * gradient ** 2)).toBeLessThan(1e-3 * gradient ** 2 + 1e-9);
      // With bias correction the first step is the sign of the gradient.
      const direction = first / 0.1 / (Math.sqrt(second / 0.05) + options.epsilon);
      const decay = shape.length > 1 ? options.weightDecay * data[index]! : 0;
      const expected = data[index]! - options.learningRate * (direction + decay);
      expect(Math.abs(after.weights.get(name)!.data[index]! - expected)).toBeLessThan(1e-5);
    }
    trainer.dispose();
  });
});

test('four rows are memorized in under 200 steps', async () => {
  const trainer = createTrainer(device, config, initWeights(config, createRandom(3)), { learningRate: 1e-2 });
  const batch = batchOf(rows, 2, 9);
  let loss = Infinity;
  let steps = 0;
  while (loss > 0.01 && steps < 200) {
    ({ loss } = await trainer.step(batch));
    steps += 1;
  }
  expect(loss).toBeLessThan(0.01);
  trainer.dispose();
});

test('training from a saved state gives the same result as without a break', async () => {
  const weights = initWeights(config, createRandom(4));
  const options = { learningRate: 1e-2, schedule: { warmupSteps: 2, totalSteps: 8, floor: 0.1 } };
  const batch = batchOf(rows, 2, 9);
  const whole = createTrainer(device, config, weights, options);
  for (let i = 0; i < 3; i++) await whole.step(batch);
  const saved = structuredClone(await whole.state());
  const onward = [await whole.step(batch), await whole.step(batch)];
  const resumed = createTrainer(device, config, weights, options);
  resumed.restore(saved);
  expect([await resumed.step(batch), await resumed.step(batch)]).toEqual(onward);
  expect(await resumed.weights()).toEqual(await whole.weights());
  whole.dispose();
  resumed.dispose();
});

test('an external loss over row log-probs can be minimized with negative weights', async () => {
  const trainer = createTrainer(device, config, initWeights(config, createRandom(5)), { learningRate: 3e-3 });
  const batch = batchOf(rows.slice(0, 2), 2, 9);
  const rowLogProb = async () => {
    const values = await trainer.logProbs(batch);
    return [0, 1].map((row) =>
      values.subarray(row * 9 + 2, row * 9 + rows[row]!.length).reduce((a, b) => a + b),
    );
  };
  const before = await rowLogProb();
  // Prefer row 0, avoid row 1.
  const lossWeights = batch.lossWeights.map((w, i) => (i < 9 ? w : -w));
  for (let i = 0; i < 5; i++) await trainer.step({ ...batch, lossWeights, normalizer: 1 });
  const after = await rowLogProb();
  expect(after[0]).toBeGreaterThan(before[0]!);
  expect(after[1]).toBeLessThan(before[1]!);
  trainer.dispose();
});

test('500 steps leave no buffers behind, and disposing frees them all', async () => {
  const before = device.bytesHeld;
  const trainer = createTrainer(device, config, initWeights(config, createRandom(6)), {
    learningRate: 1e-3,
    weightDecay: 0.1,
  });
  const batch = batchOf(rows, 2, 9);
  await trainer.step(batch);
  await trainer.evaluate(batch);
  await trainer.logProbs(batch);
  const during = device.bytesHeld;
  for (let i = 0; i < 500; i++) await trainer.step(batch);
  await trainer.evaluate(batch);
  await trainer.logProbs(batch);
  await trainer.state();
  expect(device.bytesHeld).toBe(during);
  trainer.dispose();
  expect(device.bytesHeld).toBe(before);
});

test('the learning rate warms up, follows a cosine and stays at its floor', () => {
  const options = { learningRate: 2, schedule: { warmupSteps: 4, totalSteps: 12, floor: 0.25 } };
  expect([0, 1, 3].map((step) => learningRateAt(step, options))).toEqual([0.5, 1, 2]);
  expect(learningRateAt(8, options)).toBeCloseTo(2 * (0.25 + 0.75 / 2));
  expect([12, 50].map((step) => learningRateAt(step, options))).toEqual([0.5, 0.5]);
  expect(learningRateAt(99, { learningRate: 2 })).toBe(2);
});
