import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { createGenerate } from '../../../src/models/decoding/generate.ts';
import { checkFinite, checkLogits } from '../../../src/models/decoding/numbers.ts';
import { sample } from '../../../src/models/decoding/sampler.ts';
import { answering, scripted, type Next } from '../../../src/models/runtimes/scripted.ts';
import { loadWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';
import { serve, tinyConfig, tinyEntry, tinyFolder, tinySite, tinyWeights } from '../tiny-model.ts';

const notFinite = { name: 'LabError', code: 'not-finite' };

describe('values', () => {
  test.each([NaN, Infinity, -Infinity])('with %d are refused, with their number and their name', (value) => {
    const values = Float32Array.of(1, value, 2, value);
    expect(() => checkFinite('toy', 'losses of step 3', values)).toThrow(
      expect.objectContaining({
        ...notFinite,
        message: expect.stringMatching(/^toy .* 2 of 4 losses of step 3/),
      }),
    );
  });
  test('that are finite come back as they are', () => {
    const values = Float32Array.of(3e38, -3e38, 0, -0);
    expect(checkFinite('toy', 'values', values)).toBe(values);
  });
  test('of logits may exclude tokens, but not all of them', () => {
    const some = Float32Array.of(-Infinity, 1, -Infinity);
    expect(checkLogits('toy', 'logits', some)).toBe(some);
    for (const wrong of [
      [-Infinity, -Infinity],
      [1, NaN],
      [1, Infinity],
      [-Infinity, NaN],
    ])
      expect(() => checkLogits('toy', 'logits', Float32Array.from(wrong))).toThrow(
        expect.objectContaining(notFinite),
      );
  });
});

describe('a model that gives numbers no more after three tokens', () => {
  const next: Next = (ids, tokenizer) => {
    const logits = answering(() => 'Once upon a time.')(ids, tokenizer);
    return tokenizer.read(ids).answer.length < 3 ? logits : logits.fill(NaN, 7, 8);
  };
  const model = scripted({ id: 'torn', next });
  const ask = (sampling = { temperature: 0, topP: 1 }) =>
    model.generate([user('Tell me.')], { maxNewTokens: 16, sampling, seed: 's' });

  test.each([
    { temperature: 0, topP: 1 },
    { temperature: 1, topP: 1 },
    { temperature: 1, topP: 0.9 },
    { temperature: 1e-39, topP: 1 },
  ])('stops at the fourth, under %o', async (sampling) => {
    await expect(ask(sampling)).rejects.toMatchObject({
      ...notFinite,
      message: expect.stringMatching(/torn.*step 4/),
    });
  });
  test('gives no log-probs that reach that far', async () => {
    const prompt = model.tokenizer.prompt([user('Tell me.')]);
    const target = model.tokenizer.encode('Once upon');
    await expect(model.logProbs([{ prompt, target }])).rejects.toMatchObject(notFinite);
    const [scores] = await model.logProbs([{ prompt, target: target.slice(0, 2) }]);
    expect(scores!.every(Number.isFinite)).toBe(true);
  });
  test('spoils no other request of its batch', async () => {
    const torn = scripted({
      next: (ids, tokenizer) => {
        const logits = answering(() => 'Fine.')(ids, tokenizer);
        return /torn/.test(tokenizer.decode([...ids])) ? logits.fill(NaN) : logits;
      },
    });
    const options = { maxNewTokens: 8 };
    const [good, bad] = await Promise.allSettled([
      torn.generate([user('whole')], options),
      torn.generate([user('torn')], options),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { text: 'Fine.' } });
    expect(bad).toMatchObject({ status: 'rejected', reason: notFinite });
  });
});

test('a policy that excludes every token is named', async () => {
  const model = scripted({ next: answering(() => 'Fine.') });
  const policy = {
    id: 'nothing-left',
    steps: 4,
    companions: [],
    next: ({ base }: { readonly base: Float32Array }) => base.slice().fill(-Infinity),
  };
  const generate = createGenerate(model);
  await expect(generate([user('Hi')], { maxNewTokens: 4, policy })).rejects.toMatchObject({
    ...notFinite,
    message: expect.stringContaining('nothing-left'),
  });
});

test('the smallest temperatures are greedy, and never overflow', () => {
  const logits = Float32Array.of(-40, 38.5, 38, -Infinity);
  for (const temperature of [1e-6, 1e-20, 1e-38, 1e-45, 5e-324])
    for (const topP of [1, 0.9]) expect(sample(logits, { temperature, topP }, createRandom('t'))).toBe(1);
});

test('a white box whose weights overflow says so in every way of asking it', async () => {
  const weights = new Map(
    [...tinyWeights()].map(([name, { shape, data }]) => {
      const scale = name.endsWith('norm.weight') ? 1e38 : 100;
      return [name, { shape, data: data.map((value) => value * scale) }];
    }),
  );
  const files = tinyFolder(tinyConfig, weights);
  const model = await loadWhiteBoxModel(tinyEntry, {
    device: 'wasm',
    baseUrl: tinySite,
    fetch: serve(files),
  });
  const prompt = model.tokenizer.prompt([user('Hi')]);
  const target = model.tokenizer.encode('ok');
  const span = { prompt, target, start: 1, end: 3 };
  const hidden = [{ position: 0, values: new Float32Array(tinyConfig.hiddenSize).fill(1e30) }];
  try {
    await expect(model.generate([user('Hi')], { maxNewTokens: 4 })).rejects.toMatchObject(notFinite);
    await expect(model.logProbs([{ prompt, target }])).rejects.toMatchObject(notFinite);
    await expect(model.tokenGradient(span)).rejects.toMatchObject(notFinite);
    await expect(model.embeddingGradient(span)).rejects.toMatchObject(notFinite);
    await expect(model.hiddenStates(prompt)).rejects.toMatchObject(notFinite);
    await expect(model.inputGradient(prompt, { hidden })).rejects.toMatchObject(notFinite);
  } finally {
    model.dispose();
  }
});
