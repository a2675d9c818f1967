import { describe, expect, test } from 'vitest';
import { device, gemmaFields, randomIds, stubTokenizer, tinyConfig, tinyWeights } from './tiny.ts';
import { referenceLogProbs } from './reference-forward.ts';
import { createWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import type { LlamaConfig } from '../../../src/models/llama.ts';
import type { Tensors } from '../../../src/models/safetensors.ts';
import type { ScoringRequest, Tensor } from '../../../src/models/language-model.ts';

const create = (config: LlamaConfig, weights: Tensors) =>
  createWhiteBoxModel({ id: 'tiny', device, config, weights, tokenizer: stubTokenizer(config) });
const request = (name: string, length = 7): ScoringRequest => ({
  prompt: randomIds(length, 37, `${name} prompt`),
  target: randomIds(3, 37, `${name} target`),
});
const matrix = /^model\.layers\.\d\.(self_attn|mlp)\.[a-z]+_proj\.weight$/;

describe.each([
  ['llama', {}],
  ['qwen2, with biases', { model_type: 'qwen2', tie_word_embeddings: false }],
  ['qwen3, with norms of queries and keys', { model_type: 'qwen3' }],
  ['gemma3', gemmaFields],
])('of %s', (_, changes) => {
  const config = tinyConfig(changes);
  const weights = tinyWeights(config);

  test('they match differences of the loss, in every matrix of attention and feed-forward', async () => {
    const model = create(config, weights);
    const asked = [request('a'), request('b', 4)];
    const found = new Map<string, readonly Tensor[]>();
    await model.weightGradients(asked, ({ name, values }) => void found.set(name, values));
    model.dispose();
    const names = [...weights.keys()].filter((name) => matrix.test(name));
    expect([...found.keys()].toSorted()).toEqual(names.toSorted());
    const lossOf = ({ prompt, target }: ScoringRequest, name: string, at: number, step: number) => {
      const { shape, data } = weights.get(name)!;
      const moved = Float64Array.from(data);
      moved[at]! += step;
      const changed = new Map<string, Tensor>([
        ...weights,
        [name, { shape, data: moved as unknown as Float32Array }],
      ]);
      const logProbs = referenceLogProbs(config, changed, prompt, target);
      return -logProbs.reduce((a, b) => a + b) / logProbs.length;
    };
    for (const name of names) {
      const { shape, data } = weights.get(name)!;
      for (const [which, one] of asked.entries()) {
        const gradient = found.get(name)![which]!;
        expect(gradient.shape).toEqual(shape);
        const scale = Math.max(...gradient.data.map(Math.abs));
        const places = [0, Math.floor(data.length / 3), data.length - 2];
        for (const at of places) {
          const slope = (lossOf(one, name, at, 1e-4) - lossOf(one, name, at, -1e-4)) / 2e-4;
          expect(Math.abs(slope - gradient.data[at]!), `${name} at ${at}`).toBeLessThan(1e-3 * scale + 1e-6);
        }
      }
    }
  });
});

describe('whoever takes them', () => {
  const config = tinyConfig({ num_hidden_layers: 3 });
  const model = create(config, tinyWeights(config));

  test('gets the last layer first, one matrix after the other, and nothing is left on the device', async () => {
    await model.weightGradients([request('a')], () => undefined);
    const held = device.bytesHeld;
    const layers: string[] = [];
    let busy = false;
    await model.weightGradients([request('a'), request('b')], async ({ name, values }) => {
      expect(busy).toBe(false);
      busy = true;
      layers.push(/\d/.exec(name)![0]);
      expect(values).toHaveLength(2);
      await Promise.resolve();
      busy = false;
    });
    expect(layers.filter((layer, i) => layer !== layers[i - 1])).toEqual(['2', '1', '0']);
    expect(device.bytesHeld).toBe(held);
  });
  test('gets those alone that it names', async () => {
    const only = new Set(['model.layers.1.mlp.up_proj.weight']);
    const taken: string[] = [];
    await model.weightGradients([request('a')], ({ name }) => void taken.push(name), { only });
    expect(taken).toEqual([...only]);
  });
  test('may stop, by an error or by a signal, and nothing is left on the device', async () => {
    const held = device.bytesHeld;
    const stopped = new Error('enough');
    const taken: string[] = [];
    const first = model.weightGradients([request('a'), request('b')], ({ name }) => {
      taken.push(name);
      throw stopped;
    });
    await expect(first).rejects.toBe(stopped);
    expect(taken).toHaveLength(1);
    await expect(
      model.weightGradients([request('a')], () => undefined, { signal: AbortSignal.abort() }),
    ).rejects.toThrow(/abort/);
    expect(device.bytesHeld).toBe(held);
  });
  test('is told of a request that the model cannot take before anything is computed', async () => {
    const wrong = { prompt: [1], target: [99] };
    await expect(model.weightGradients([request('a'), wrong], () => undefined)).rejects.toMatchObject({
      code: 'bad-input',
    });
    await model.weightGradients([], () => expect.fail());
  });
});
