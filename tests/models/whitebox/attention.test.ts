import { expect, test } from 'vitest';
import { createWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { referenceForward } from './reference-forward.ts';
import { device, gemmaFields, randomIds, stubTokenizer, tinyConfig, tinyWeights } from './tiny.ts';

const families = [
  ['heads that share keys', {}],
  ['norms of queries and keys', { model_type: 'qwen3' }],
  ['a sliding window', gemmaFields],
] as const;

test.each(families)('of a model with %s agrees with plain loops in float64', async (_, fields) => {
  const config = tinyConfig(fields);
  const weights = tinyWeights(config);
  const model = createWhiteBoxModel({
    ...{ id: 'tiny', device, config, weights, tokenizer: stubTokenizer(config) },
  });
  const prompt = [1, ...randomIds(8, config.vocabSize, 3)];
  const { shares } = referenceForward(config, weights, prompt);
  const positions = [2, prompt.length - 1];
  const layers = await model.attention!(prompt, positions);
  expect(layers).toHaveLength(config.layers);
  layers.forEach((rows, layer) =>
    rows.forEach((values, i) => {
      expect(values).toHaveLength(config.heads * prompt.length);
      for (let head = 0; head < config.heads; head++) {
        const own = values.subarray(head * prompt.length, (head + 1) * prompt.length);
        expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
        const expected = shares[layer]![head]![positions[i]!]!;
        own.forEach((value, at) => expect(Math.abs(value - (expected[at] ?? 0))).toBeLessThan(1e-5));
      }
    }),
  );
  model.dispose();
});

test('leaves nothing on the device, and refuses a position outside of the prompt', async () => {
  const config = tinyConfig();
  const model = createWhiteBoxModel({
    ...{ id: 'tiny', device, config, weights: tinyWeights(config), tokenizer: stubTokenizer(config) },
  });
  await model.attention!([1, 5, 6], [2]);
  const held = device.bytesHeld;
  await model.attention!([1, 5, 6], [2]);
  expect(device.bytesHeld).toBe(held);
  await expect(model.attention!([1, 5], [2])).rejects.toThrow(/no such position: 2/);
  model.dispose();
});
