import { describe, expect, test } from 'vitest';
import { createTrainer, createWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { relativeError } from '../programs/values.ts';
import { device, gemmaFields, randomIds, stubTokenizer, tinyConfig, tinyWeights } from '../whitebox/tiny.ts';
import { askOracle } from './jax-llama.ts';

describe.each([
  ['llama', tinyConfig({ tie_word_embeddings: false })],
  ['gemma3', tinyConfig(gemmaFields)],
])('jax-js and the engine agree on %s', (_, config) => {
  const weights = tinyWeights(config);
  const prompt = randomIds(7, config.vocabSize, 'prompt');
  const target = randomIds(4, config.vocabSize, 'target');
  const ids = [...prompt, ...target.slice(0, -1)];
  const wanted = new Map(
    target.map((id, t) => [prompt.length - 1 + t, { target: id, weight: 1 / target.length }]),
  );
  const oracle = askOracle(config, weights, ids, wanted);

  test('on logits and on the gradient of the input', async () => {
    const model = createWhiteBoxModel({
      ...{ id: 'tiny', device, config, weights, tokenizer: stubTokenizer(config) },
    });
    const session = await model.open([prompt]);
    const { vocabSize } = config;
    for (const at of target.keys()) {
      const place = prompt.length - 1 + at;
      const expected = oracle.logits.subarray(place * vocabSize, (place + 1) * vocabSize);
      expect(relativeError(session.logits(0), expected)).toBeLessThan(1e-5);
      await session.advance([target[at]!]);
    }
    await session.close();
    const request = { prompt, target, start: 0, end: prompt.length };
    const gradient = await model.embeddingGradient(request);
    const expected = oracle.gradients.get('x')!.subarray(0, gradient.length);
    expect(relativeError(gradient, expected)).toBeLessThan(1e-4);
    model.dispose();
  });

  test('on the loss and on the gradient of every weight', async () => {
    // The first moment after one step is a tenth of the gradient.
    const trainer = createTrainer(device, config, weights, { learningRate: 1e-3, clipNorm: Infinity });
    const row = [...prompt, ...target];
    const lossWeights = Float32Array.from(row, (_id, at) => (at < prompt.length ? 0 : 1));
    const batch = { ids: Int32Array.from(row), lossWeights, shape: [1, row.length] } as const;
    const { loss } = await trainer.step(batch);
    expect(loss).toBeCloseTo(oracle.loss, 4);
    const { firstMoments } = await trainer.state();
    for (const [name, { data }] of firstMoments) {
      const gradient = data.map((moment) => moment / 0.1);
      expect(relativeError(gradient, oracle.gradients.get(name)!), name).toBeLessThan(1e-4);
    }
    expect(firstMoments.size).toBe(weights.size);
    trainer.dispose();
  });
});
