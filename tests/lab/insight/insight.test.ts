import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { alignmentDepth } from '../../../src/lab/insight/alignment-depth.ts';
import { attackAttention } from '../../../src/lab/insight/attack-attention.ts';
import { logitLens } from '../../../src/lab/insight/logit-lens.ts';
import { probedLayers } from '../../../src/lab/insight/probe.ts';
import { projectionOf, refusalDirections } from '../../../src/lab/insight/refusal-projection.ts';
import { shownText } from '../../../src/lab/insight/shown-text.ts';
import type { WhiteBoxModel } from '../../../src/models/language-model.ts';
import { config, createModel, data, device } from '../../finetuning/tiny-data.ts';
import { referenceForward } from '../../models/whitebox/reference-forward.ts';
import { tinyWeights } from '../../models/whitebox/tiny.ts';

const contrast = {
  harmful: ['30 31', '30 35', '30 20', '30 21'],
  harmless: ['10 31', '10 35', '10 20', '10 21'],
};
const place = (text: string) => [user(text)];
const asked = { place, text: '30 24 25', request: '30 24 25', opening: '' };

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
    const shown = await shownText(model, { ...asked, opening: '33 34' }, { most: 3 });
    const { ids, answer } = shown;
    const { at, layers } = await logitLens(model, shown, { top: 5, watch: ['5 6', '32'] });
    expect(at).toEqual([4, 5, 6, 7, 8]);
    expect(layers.map(({ boundary }) => boundary)).toEqual([0, 1, 2, 3, 4]);
    const prompt = ids.slice(0, answer);
    const [own] = await model.logProbs([{ prompt, target: [5] }]);
    expect(layers.at(-1)!.watched[0]!.probability).toBeCloseTo(Math.exp(own![0]!), 5);
    // The last layer says what the model says: from the answer's first token on, the likeliest are those it wrote.
    expect(
      layers
        .at(-1)!
        .path.slice(2)
        .map(({ text }) => Number(text)),
    ).toEqual(ids.slice(answer));
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
    const shown = await shownText(model, asked, { most: 2 });
    await logitLens(model, shown, { top: 1, watch: [] });
    const held = device.bytesHeld;
    await logitLens(model, await shownText(model, asked, { most: 2 }), { top: 1, watch: [] });
    expect(device.bytesHeld).toBe(held);
    model.dispose();
  });
});

describe('projections on the refusal direction', () => {
  test('are larger where a harmful request differs from a harmless one, at every layer', async () => {
    const model = createModel();
    const refusal = await refusalDirections(model, contrast);
    for (const direction of refusal.directions.slice(1)) expect(Math.hypot(...direction)).toBeCloseTo(1, 6);
    const last = async (text: string) => {
      const ids = model.tokenizer.prompt([user(text)]);
      const { values } = await projectionOf(model, refusal, ids);
      expect(values.every((row) => row.length === ids.length)).toBe(true);
      return values.map((row) => row.at(-1)!);
    };
    const mean = async (texts: readonly string[]) => {
      const all = await Promise.all(texts.map(last));
      return all[0]!.map((_, boundary) => all.reduce((sum, one) => sum + one[boundary]!, 0) / all.length);
    };
    const [harmful, harmless] = [await mean(contrast.harmful), await mean(contrast.harmless)];
    // The ends of the scale are the means of the requests that the direction comes from.
    harmful.forEach((value, boundary) => expect(value).toBeCloseTo(refusal.harmful[boundary]!, 5));
    harmless.forEach((value, boundary) => expect(value).toBeCloseTo(refusal.harmless[boundary]!, 5));
    // The last token of the prompt is the same, and so is its embedding.
    for (let boundary = 1; boundary < harmful.length; boundary++)
      expect(harmful[boundary]).toBeGreaterThan(harmless[boundary]!);
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

  test('of answers read side by side, some shorter, is the mean of those read alone', async () => {
    const model = createModel();
    const { after, dispose } = await trained(model);
    const answers = ['32 33 34', '5', '10 11'].map((answer) => ({ messages: [user('30 31')], answer }));
    const depth = await alignmentDepth(after, model, answers, { most: 8 });
    const alone = await Promise.all(answers.map((one) => alignmentDepth(after, model, [one], { most: 8 })));
    expect(depth.map(({ n }) => n)).toEqual([3, 2, 1]);
    for (const { position, divergence } of depth) {
      const values = alone.flatMap((points) => points[position]?.divergence.value ?? []);
      expect(divergence.value).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 6);
    }
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

describe('the text that is shown', () => {
  const partsOf = async (given: Partial<typeof asked>, most = 2) => {
    const model = createModel();
    const { tokens, prompt, answer } = await shownText(model, { ...asked, ...given }, { most });
    model.dispose();
    return {
      parts: tokens.map(({ part }) => part[0]).join(''),
      words: tokens.map(({ text }) => text),
      prompt,
      answer,
    };
  };

  test('tells template, request, attack, opening and answer apart', async () => {
    expect((await partsOf({})).parts).toBe('trrrtaa');
    const attacked = await partsOf({ text: '7 8 30 24 25 9', opening: '33 34' }, 1);
    // attack and answer both begin with a
    expect(attacked.parts).toBe('taarrratooa');
    expect(attacked.words.slice(0, 10).join(' ')).toBe('1 7 8 30 24 25 9 4 33 34');
    expect([attacked.prompt, attacked.answer]).toEqual([8, 10]);
  });

  test('is the attack alone where the request is not in it, and ends where the context does', async () => {
    expect((await partsOf({ text: '7 8' }, 0)).parts).toBe('taat');
    const long = Array.from({ length: 108 }, () => '7').join(' ');
    expect((await partsOf({ text: long, request: long }, 12)).words).toHaveLength(config.maxPositions);
  });
});

describe('attention to an attack', () => {
  test('is the share that its tokens get, as plain loops in float64 compute it', async () => {
    const model = createModel();
    const shown = await shownText(model, { ...asked, text: '30 24 25 7 8' }, { most: 3 });
    const found = await attackAttention(model, shown);
    const { shares } = referenceForward(config, tinyWeights(config), shown.ids);
    const shareAt = (layer: number, position: number) => {
      const heads = shares[layer]!.map((ofHead) => ofHead[position]![4]! + ofHead[position]![5]!);
      return heads.reduce((a, b) => a + b) / heads.length;
    };
    expect(found!.layers.map(({ layer }) => layer)).toEqual([1, 2, 3, 4]);
    const { answer, ids } = shown;
    const answering = ids.flatMap((_, i) => (i >= answer ? [i] : []));
    expect(answering.length).toBeGreaterThan(0);
    found!.layers.forEach((point, i) => {
      expect(point.prompt).toBeCloseTo(shareAt(i, 6), 5);
      const mean = answering.reduce((sum, at) => sum + shareAt(i, at), 0) / answering.length;
      expect(point.answer).toBeCloseTo(mean, 5);
    });
    expect(found!.even.prompt).toBeCloseTo(2 / 7, 10);
    model.dispose();
  });

  test('is not there without an attack, or without a model that tells it', async () => {
    const model = createModel();
    expect(await attackAttention(model, await shownText(model, asked, { most: 1 }))).toBeNull();
    const shown = await shownText(model, { ...asked, text: '30 24 25 7' }, { most: 1 });
    expect(await attackAttention({}, shown)).toBeNull();
    model.dispose();
  });
});
