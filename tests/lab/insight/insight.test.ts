import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { alignmentDepth } from '../../../src/lab/insight/alignment-depth.ts';
import { logitLens } from '../../../src/lab/insight/logit-lens.ts';
import { probedLayers } from '../../../src/lab/insight/probe.ts';
import { projectionOf, refusalDirections } from '../../../src/lab/insight/refusal-projection.ts';
import type { WhiteBoxModel } from '../../../src/models/language-model.ts';
import { createModel, data, device } from '../../finetuning/tiny-data.ts';

const contrast = {
  harmful: ['30 31', '30 35', '30 20', '30 21'],
  harmless: ['10 31', '10 35', '10 20', '10 21'],
};
const asked = [user('30 24 25')];

/** The model after a few updates that make one harmful answer likely. */
async function trained(model: WhiteBoxModel) {
  const learner = await model.learner({ learningRate: 1e-2 });
  const { prompt, harmful } = data.requests[0]!;
  const before = model.tokenizer.prompt(prompt);
  for (let i = 0; i < 10; i++)
    await learner.learn([{ ids: [...before, ...model.tokenizer.encode(harmful[0]!)], from: before.length }]);
  const after = await learner.model();
  return { after, dispose: () => (after.dispose(), learner.dispose()) };
}

describe('the logit lens', () => {
  test('ends in the prediction of the model, and gives distributions at every layer', async () => {
    const model = createModel();
    const layers = await logitLens(model, asked, { top: 5, watch: ['5 6', '32'] });
    expect(layers.map(({ boundary }) => boundary)).toEqual([0, 1, 2, 3, 4]);
    const prompt = model.tokenizer.prompt(asked, { atAnswer: true });
    const [own] = await model.logProbs([{ prompt, target: [5] }]);
    expect(layers.at(-1)!.watched[0]!.probability).toBeCloseTo(Math.exp(own![0]!), 5);
    const all = (await model.layerLogProbs!(prompt, [0, prompt.length - 1])).flat();
    expect(all.length).toBe(10);
    for (const logProbs of all)
      expect(logProbs.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 4);
    for (const { top } of layers)
      expect(top.map(({ probability }) => probability)).toEqual(
        top.map(({ probability }) => probability).toSorted((a, b) => b - a),
      );
    model.dispose();
  });

  test('leaves nothing on the device', async () => {
    const model = createModel();
    await logitLens(model, asked, { top: 1, watch: [] });
    const held = device.bytesHeld;
    await logitLens(model, asked, { top: 1, watch: [] });
    expect(device.bytesHeld).toBe(held);
    model.dispose();
  });
});

describe('projections on the refusal direction', () => {
  test('are larger where a harmful request differs from a harmless one, at every layer', async () => {
    const model = createModel();
    const directions = await refusalDirections(model, contrast);
    for (const direction of directions.slice(1)) expect(Math.hypot(...direction)).toBeCloseTo(1, 6);
    const last = async (text: string) =>
      (await projectionOf(model, directions, [user(text)])).values.map((values) => values.at(-1)!);
    const mean = async (texts: readonly string[]) => {
      const all = await Promise.all(texts.map(last));
      return all[0]!.map((_, boundary) => all.reduce((sum, one) => sum + one[boundary]!, 0) / all.length);
    };
    const [harmful, harmless] = [await mean(contrast.harmful), await mean(contrast.harmless)];
    // The last token of the prompt is the same, and so is its embedding.
    for (let boundary = 1; boundary < harmful.length; boundary++)
      expect(harmful[boundary]).toBeGreaterThan(harmless[boundary]!);
    const { tokens, values } = await projectionOf(model, directions, asked);
    expect(values.every((row) => row.length === tokens.length)).toBe(true);
    model.dispose();
  });
});

describe('alignment depth', () => {
  test('is 0 between a model and itself, and shows where training changed the answer', async () => {
    const model = createModel();
    const answers = data.requests.map(({ prompt, harmful }) => ({ messages: prompt, answer: harmful[0]! }));
    const same = await alignmentDepth(model, model, answers, { most: 8 });
    for (const { divergence, n } of same) expect([divergence.value, n]).toEqual([0, 2]);
    const { after, dispose } = await trained(model);
    const depth = await alignmentDepth(after, model, answers, { most: 2 });
    expect(depth.map(({ position }) => position)).toEqual([0, 1]);
    for (const { divergence } of depth) expect(divergence.value).toBeGreaterThan(0.01);
    dispose();
    model.dispose();
  });

  test('refuses to compare without answers', async () => {
    const model = createModel();
    await expect(alignmentDepth(model, model, [], { most: 4 })).rejects.toThrow(/no answer/);
    model.dispose();
  });
});

describe('probes', () => {
  const requests = Array.from({ length: 20 }, (_, i) => ({
    messages: [user(`${i % 2 === 0 ? 30 : 10} ${12 + i}`)],
    positive: i % 2 === 0,
    task: `${i}`,
  }));

  test('find what the requests show, on tasks that they were not fitted to, and nothing in shuffled labels', async () => {
    const model = createModel();
    const layers = await probedLayers(model, requests, { seed: 1 });
    expect(layers.map(({ boundary }) => boundary)).toEqual([0, 1, 2, 3, 4]);
    expect(layers[0]!.area.area).toBe(0.5); // the embedding of the last token is the same for all
    expect(Math.max(...layers.slice(1).map(({ area }) => area.area))).toBeGreaterThan(0.9);
    for (const { shuffled } of layers) expect(shuffled.interval[0]).toBeLessThan(0.75);
    expect(await probedLayers(model, requests, { seed: 1 })).toEqual(layers);
    model.dispose();
  });

  test('need as many tasks of each kind as there are parts', async () => {
    const model = createModel();
    await expect(probedLayers(model, requests.slice(0, 8), { seed: 1 })).rejects.toThrow(/5 tasks of each/);
    model.dispose();
  });
});
