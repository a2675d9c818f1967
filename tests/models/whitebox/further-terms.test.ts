/** Training on terms given by the gradients of hidden states, with shifts of the stream, and over several batches. */
import { expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import type { TrainingBatch } from '../../../src/models/language-model.ts';
import {
  createAdapterTrainer,
  createTrainer,
  type Trainer,
} from '../../../src/models/runtimes/whitebox/train.ts';
import { uploadWeights } from '../../../src/models/runtimes/whitebox/weights.ts';
import { device, randomIds, tinyConfig, tinyWeights } from './tiny.ts';

const config = tinyConfig();
const [rows, length, width] = [2, 6, config.hiddenSize];
const ids = Int32Array.from(randomIds(rows * length, config.vocabSize, 'rows'));
const shape = [rows, length] as const;
const lossWeights = Float32Array.from(ids, (_, i) => (i % length > 2 ? 1 : 0));
const noise = (seed: string, size = width, scale = 1) => {
  const random = createRandom(seed);
  return Float32Array.from({ length: size }, () => scale * random.normal());
};
const options = { learningRate: 1e-2, clipNorm: Infinity };
const trainerWith = (weights = tinyWeights(config)) => createTrainer(device, config, weights, options);

/** The term Σ values · state over these positions, whose gradient is `values` itself. */
const hidden = [
  { row: 0, position: 2, boundary: 1, values: noise('a') },
  { row: 1, position: 5, boundary: 1, values: noise('b') },
  { row: 1, position: 3, boundary: config.layers, values: noise('c') },
  { row: 0, position: 0, boundary: 0, values: noise('d') },
];
async function termOf(trainer: Trainer, batch: Pick<TrainingBatch, 'ids' | 'shape' | 'shifts'>) {
  const states = await trainer.hiddenStates(batch, [0, 1, config.layers]);
  return hidden.reduce((sum, { row, position, boundary, values }) => {
    const at = (row * length + position) * width;
    return sum + values.reduce((dot, value, i) => dot + value * states.get(boundary)![at + i]!, 0);
  }, 0);
}
/** The gradient that the first step took, from its first moments. */
async function gradientOf(trainer: Trainer, ...batches: readonly TrainingBatch[]) {
  await trainer.step(...batches);
  const { firstMoments } = await trainer.state();
  return (name: string, index: number) => firstMoments.get(name)!.data[index]! / 0.1;
}

test('a term given by gradients of hidden states has the gradient that differences show', async () => {
  const weights = tinyWeights(config);
  const trainer = trainerWith();
  const gradient = await gradientOf(trainer, {
    ids,
    lossWeights: new Float32Array(ids.length),
    shape,
    hidden,
  });
  trainer.dispose();
  const names = [
    'model.layers.0.self_attn.q_proj.weight',
    'model.layers.0.mlp.down_proj.weight',
    'model.layers.1.mlp.up_proj.weight',
    'model.layers.1.self_attn.v_proj.weight',
  ];
  for (const name of names) {
    const index = createRandom(name).integer(weights.get(name)!.data.length);
    const moved = async (delta: number) => {
      const { shape: own, data } = weights.get(name)!;
      const changed = data.slice();
      changed[index]! += delta;
      const other = trainerWith(new Map(weights).set(name, { shape: own, data: changed }));
      const term = await termOf(other, { ids, shape });
      other.dispose();
      return term;
    };
    const difference = ((await moved(0.02)) - (await moved(-0.02))) / 0.04;
    expect(Math.abs(gradient(name, index) - difference), name).toBeLessThan(
      0.02 * Math.abs(difference) + 2e-3,
    );
  }
});

test('a term and the loss of tokens add up, with adapters too', async () => {
  const beside = uploadWeights(device, config, tinyWeights(config));
  const of = async (batch: Partial<TrainingBatch>) => {
    const adapters = { rank: 2, alpha: 4 };
    const trainer = createAdapterTrainer(device, config, { adapters, beside }, options);
    const gradient = await gradientOf(trainer, { ids, lossWeights, shape, ...batch });
    trainer.dispose();
    return gradient('model.layers.0.self_attn.o_proj.lora_B.weight', 5);
  };
  const both = await of({ hidden });
  const alone = (await of({})) + (await of({ hidden, lossWeights: new Float32Array(ids.length) }));
  expect(both).toBeCloseTo(alone, 4);
});

test('a shift moves what comes after it, and its gradient is the one that differences show', async () => {
  const trainer = trainerWith();
  const shift = noise('shift', rows * length * width, 0.3);
  const batch = { ids, lossWeights, shape, shifts: new Map([[1, shift]]) };
  const before = await trainer.hiddenStates({ ids, shape }, [0, 1]);
  const after = await trainer.hiddenStates(batch, [0, 1]);
  expect(after.get(0)).toEqual(before.get(0));
  after.get(1)!.forEach((value, i) => expect(value).toBeCloseTo(before.get(1)![i]! + shift[i]!, 4));
  const gradient = (await trainer.shiftGradients(batch)).get(1)!;
  for (const index of [0, 3 * width + 2, (length + 4) * width + 7]) {
    const moved = (delta: number) => {
      const other = shift.slice();
      other[index]! += delta;
      return trainer.evaluate({ ...batch, shifts: new Map([[1, other]]) });
    };
    const difference = ((await moved(0.02)) - (await moved(-0.02))) / 0.04;
    expect(Math.abs(gradient[index]! - difference)).toBeLessThan(0.02 * Math.abs(difference) + 1e-4);
  }
  trainer.dispose();
});

test('batches of one step add up to the step of all their rows', async () => {
  const half = (row: number): TrainingBatch => ({
    ids: ids.slice(row * length, (row + 1) * length),
    lossWeights: lossWeights.slice(row * length, (row + 1) * length),
    shape: [1, length],
    normalizer: 6,
  });
  const [whole, parts] = [trainerWith(), trainerWith()];
  const together = await whole.step({ ids, lossWeights, shape });
  const apart = await parts.step(half(0), half(1));
  expect(apart.loss).toBeCloseTo(together.loss, 5);
  expect(apart.gradNorm).toBeCloseTo(together.gradNorm, 4);
  await expect(parts.step()).rejects.toThrow(RangeError);
  whole.dispose();
  parts.dispose();
});

test('gradients at no position, and shifts that do not fit, are refused; nothing stays on the device', async () => {
  const trainer = trainerWith();
  const batch = { ids, lossWeights, shape };
  await trainer.step({ ...batch, hidden, shifts: new Map([[0, noise('s', ids.length * width)]]) });
  await trainer.hiddenStates(batch, [1]);
  const held = device.bytesHeld;
  for (const wrong of [{ position: length }, { boundary: config.layers + 1 }, { row: rows }])
    await expect(trainer.step({ ...batch, hidden: [{ ...hidden[0]!, ...wrong }] })).rejects.toThrow(
      RangeError,
    );
  await expect(trainer.evaluate({ ...batch, shifts: new Map([[0, noise('s')]]) })).rejects.toThrow(
    RangeError,
  );
  await trainer.step({ ...batch, hidden, shifts: new Map([[0, noise('s', ids.length * width)]]) });
  await trainer.shiftGradients({ ...batch, shifts: new Map([[1, noise('s', ids.length * width)]]) });
  await trainer.hiddenStates(batch, [1]);
  expect(device.bytesHeld).toBe(held);
  trainer.dispose();
});
