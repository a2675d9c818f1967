import { expect, test } from 'vitest';
import { device, stubTokenizer, tinyConfig, tinyWeights } from './tiny.ts';
import { user } from '../../../src/core/chat.ts';
import { createWhiteBoxModel } from '../../../src/models/runtimes/whitebox/index.ts';

const config = tinyConfig();
const create = () =>
  createWhiteBoxModel({
    id: 'tiny',
    device,
    config,
    weights: tinyWeights(config),
    tokenizer: stubTokenizer(config),
  });
const conversation = [user('5 6 7')];

test('a learner fits its rows, and the model it came from does not change', async () => {
  const model = create();
  const before = await model.generate(conversation, { maxNewTokens: 4 });
  const learner = await model.learner({ learningRate: 0.01 });
  const prompt = model.tokenizer.prompt(conversation);
  const rows = [
    { ids: [...prompt, 9, 8, 9], from: prompt.length },
    { ids: [...prompt, 3, 9, 8, 9], from: prompt.length + 1 },
  ];
  const losses: number[] = [];
  for (let step = 0; step < 60; step++) losses.push(await learner.learn(rows));
  expect(losses.at(-1)!).toBeLessThan(0.2 * losses[0]!);
  const trained = await learner.model();
  const [logProbs] = await trained.logProbs([{ prompt, target: [9, 8, 9] }]);
  expect(Math.min(...logProbs!)).toBeGreaterThan(Math.log(0.5));
  // The context token, which was not trained, has not become likelier than the trained one.
  const [given] = await trained.logProbs([{ prompt, target: [3] }]);
  expect(given![0]!).toBeLessThan(logProbs![0]!);
  expect(await model.generate(conversation, { maxNewTokens: 4 })).toEqual(before);
  trained.dispose();
  learner.dispose();
  model.dispose();
});

test('the loss is the mean over the trained tokens, and nothing is left on the device', async () => {
  const model = create();
  const ids = [1, 5, 6, 7, 8];
  const [logProbs] = await model.logProbs([{ prompt: ids.slice(0, 3), target: ids.slice(3) }]);
  await model.open([ids]).then((session) => session.close());
  const before = device.bytesHeld;
  const learner = await model.learner({ learningRate: 0.001 });
  const loss = await learner.learn([{ ids, from: 3 }]);
  expect(loss).toBeCloseTo(-(logProbs![0]! + logProbs![1]!) / 2, 4);
  const trained = await learner.model();
  await trained.generate(conversation, { maxNewTokens: 2 });
  trained.dispose();
  learner.dispose();
  expect(device.bytesHeld - before).toBeLessThanOrEqual(6); // contexts that the model keeps for later
  model.dispose();
});

test('a loss that is no number stops the learner, and names the model', async () => {
  const model = create();
  const learner = await model.learner({ learningRate: 1e30 });
  const learn = async () => {
    for (let step = 0; step < 4; step++) await learner.learn([{ ids: [1, 5, 6, 7, 8], from: 3 }]);
  };
  await expect(learn()).rejects.toMatchObject({
    name: 'LabError',
    code: 'not-finite',
    message: expect.stringMatching(/^tiny gives no numbers: .* losses of a training step/),
  });
  learner.dispose();
  model.dispose();
});
