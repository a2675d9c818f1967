import { expect, test } from 'vitest';
import { mergeAdapter, readPeft, writePeft, type LoraAdapter } from '../../src/models/peft.ts';
import { createRandom } from '../../src/core/random.ts';
import { initAdapters } from '../../src/models/runtimes/whitebox/adapters.ts';
import { createWhiteBoxModel } from '../../src/models/runtimes/whitebox/index.ts';
import { writeSafetensors } from '../../src/models/safetensors.ts';
import { device, stubTokenizer, tinyConfig, tinyWeights } from './whitebox/tiny.ts';

const config = tinyConfig();
const [rank, alpha] = [3, 6];
const projections = ['self_attn.q_proj', 'mlp.down_proj'] as const;
const random = createRandom('adapter');
const tensors = new Map(
  [...initAdapters(config, { rank, alpha, projections })].map(([name, { shape, data }]) => [
    name,
    { shape, data: data.map((value) => value + 0.1 * random.normal()) },
  ]),
);
const adapter: LoraAdapter = { rank, alpha, projections, tensors };
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test('an adapter comes back from its folder as it was', () => {
  const files = writePeft(adapter, 'org/model');
  expect([...files.keys()]).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  expect(readPeft(files)).toEqual(adapter);
});

test('a merged model computes what the adapter beside it does, and unmerging gives the weights back', async () => {
  const weights = tinyWeights(config);
  const create = (own: typeof weights) =>
    createWhiteBoxModel({ id: 'tiny', device, config, weights: own, tokenizer: stubTokenizer(config) });
  const merged = mergeAdapter(weights, adapter);
  const [model, whole] = [create(weights), create(merged)];
  const learner = await model.learner({
    learningRate: 0,
    adapters: { rank, alpha, projections, from: tensors },
  });
  const beside = await learner.model();
  const requests = [{ prompt: [1, 5, 6, 7], target: [8, 9, 10] }];
  const [a, b] = [(await beside.logProbs(requests))[0]!, (await whole.logProbs(requests))[0]!];
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 4));
  const plain = (await model.logProbs(requests))[0]!;
  expect(Math.max(...a.map((value, i) => Math.abs(value - plain[i]!)))).toBeGreaterThan(0.01);
  const back = mergeAdapter(merged, adapter, -1);
  for (const [name, { data }] of back)
    data.forEach((value, i) => expect(Math.abs(value - weights.get(name)!.data[i]!)).toBeLessThan(1e-6));
  for (const one of [beside, learner, model, whole]) one.dispose();
});

test('an adapter of alpha 0 or of zeros changes no bit', () => {
  const weights = tinyWeights(config);
  expect(mergeAdapter(weights, { ...adapter, alpha: 0 })).toEqual(weights);
  const zeros = initAdapters(config, { rank, alpha, projections });
  expect(mergeAdapter(weights, { ...adapter, tensors: zeros })).toEqual(weights);
});

test('folders that are no adapter, or of a kind that is not computed, are refused with the reason', () => {
  const files = writePeft(adapter, 'org/model');
  const configOf = JSON.parse(new TextDecoder().decode(files.get('adapter_config.json'))) as object;
  const withConfig = (changes: object) =>
    new Map([...files, ['adapter_config.json', json({ ...configOf, ...changes })]]);
  expect(() => readPeft(new Map([...files].slice(0, 1)))).toThrow(/no adapter_model\.safetensors/);
  expect(() => readPeft(new Map([...files, ['adapter_config.json', new Uint8Array([1])]]))).toThrow(
    /not JSON/,
  );
  expect(() => readPeft(withConfig({ peft_type: 'IA3' }))).toThrow(/peft_type/);
  expect(() => readPeft(withConfig({ use_dora: true, bias: 'all' }))).toThrow(/trained biases and DoRA/);
  expect(() => readPeft(withConfig({ r: 4 }))).toThrow(/not of rank 4/);
  const [first] = tensors;
  const alone = writeSafetensors(new Map([[`base_model.model.${first![0]}`, first![1]]]));
  expect(() => readPeft(new Map([...files, ['adapter_model.safetensors', alone]]))).toThrow(/stands alone/);
  const head = writeSafetensors(new Map([['base_model.model.lm_head.lora_A.weight', first![1]]]));
  expect(() => readPeft(new Map([...files, ['adapter_model.safetensors', head]]))).toThrow(/cannot adapt/);
  expect(() => mergeAdapter(tinyWeights(tinyConfig({ hidden_size: 32 })), adapter)).toThrow(/does not fit/);
});
