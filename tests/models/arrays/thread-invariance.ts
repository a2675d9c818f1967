/** @file How many threads an engine has changes no number: workers that share the cores give the same records. */
import { expect, test } from 'vitest';
import type { ArrayDevice } from '../../../src/models/arrays/array-device.ts';
import {
  createAdapterTrainer,
  createTrainer,
  createWhiteBoxModel,
} from '../../../src/models/runtimes/whitebox/index.ts';
import { uploadWeights } from '../../../src/models/runtimes/whitebox/weights.ts';
import { randomIds, stubTokenizer, tinyConfig, tinyWeights } from '../whitebox/tiny-model.ts';

/** Widths of a Tinytown model: products with more terms than the kernel adds up at once, into few columns. */
const config = tinyConfig({
  ...{ hidden_size: 128, intermediate_size: 384, vocab_size: 640 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32 },
});

async function numbers(device: ArrayDevice): Promise<readonly (Float32Array | Float64Array)[]> {
  const ids = (length: number, seed: string) => randomIds(length, config.vocabSize, seed);
  const tokenizer = stubTokenizer(config);
  const model = createWhiteBoxModel({ id: 'tiny', device, config, weights: tinyWeights(config), tokenizer });
  const prompts = ['a', 'b', 'c'].map((seed) => ids(40, seed));
  const target = ids(15, 'target');
  const gradient = await model.tokenGradient({ prompt: prompts[0]!, target, start: 10, end: 20 });
  const logProbs = await model.logProbs(prompts.map((prompt) => ({ prompt, target })));
  model.dispose();
  const trainer = createTrainer(device, config, tinyWeights(config), { learningRate: 1e-2 });
  const shape = [4, 40] as const;
  const batch = {
    ids: Int32Array.from(ids(160, 'batch')),
    lossWeights: new Float32Array(160).fill(1),
    shape,
  };
  const losses: number[] = [];
  for (let step = 0; step < 2; step++) losses.push((await trainer.step(batch)).loss);
  trainer.dispose();
  const learner = createAdapterTrainer(
    device,
    config,
    { adapters: { rank: 8, alpha: 16 }, beside: uploadWeights(device, config, tinyWeights(config)) },
    { learningRate: 1e-2 },
  );
  for (let step = 0; step < 3; step++) losses.push((await learner.step(batch)).gradNorm);
  learner.dispose();
  return [gradient, ...logProbs.map((row) => Float32Array.from(row)), Float64Array.from(losses)];
}

/** @param open with this many threads */
export function testThreadInvariance(
  open: (threads: number) => Promise<ArrayDevice>,
  counts: readonly number[],
): void {
  test('the number of threads changes no bit', async () => {
    const alone = await numbers(await open(1));
    for (const threads of counts) expect(await numbers(await open(threads))).toEqual(alone);
  });
}
