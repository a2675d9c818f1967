import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { system, user } from '../../../src/core/chat.ts';
import { parseOptions } from '../../../src/core/options.ts';
import { createRandom } from '../../../src/core/random.ts';
import { plus } from '../../../src/core/vectors.ts';
import { dro } from '../../../src/defenses/decoding/dro.ts';
import { clipped, createAdamW } from '../../../src/defenses/decoding/dro/adamw.ts';
import { findSpace, moveLoss, type Anchor } from '../../../src/defenses/decoding/dro/representation.ts';
import type { Artifact } from '../../../src/defenses/defense.ts';
import { options, playing } from '../defend.ts';
import { asked, createTiny, defendWith, prepare } from '../white-box.ts';

const random = createRandom('dro');
const vector = (size = 8) => Float64Array.from({ length: size }, () => random.normal());

describe('AdamW', () => {
  test('takes a first step of the learning rate, whatever the gradient’s size', () => {
    const parameters = Float64Array.of(1, -1);
    createAdamW(parameters, { learningRate: 0.1, weightDecay: 0 })([1e-3, -50]);
    expect(parameters[0]).toBeCloseTo(0.9, 4);
    expect(parameters[1]).toBeCloseTo(-0.9, 6);
  });
  test('a long gradient is shortened, a short one kept', () => {
    expect([...clipped(Float64Array.of(3, 4), 1)]).toEqual([0.6, 0.8]);
    expect([...clipped(Float64Array.of(0.3, 0.4), 1)]).toEqual([0.3, 0.4]);
  });
});

describe('the loss', () => {
  const anchors: Anchor[] = Array.from({ length: 40 }, (_, i) => {
    const harmless = i % 2 === 0;
    const state = vector();
    state[0]! += harmless ? 4 : -4;
    state[1]! *= 3;
    return { state, harmless, compliance: i === 5 ? null : harmless ? 0.9 : 0.2 };
  });
  const space = findSpace(anchors, 4);
  const weights = { harm: 0.01, stay: 0.001 };
  const start = vector();

  test('where nothing has moved is ln 2 from each probe', () => {
    for (const harmless of [true, false])
      expect(moveLoss(space, { state: start, start, harmless }, weights).loss).toBeCloseTo(
        1.01 * Math.LN2,
        10,
      );
  });
  test.each([true, false])('has the gradient that differences show (harmless: %s)', (harmless) => {
    const state = vector();
    const heavy = { harm: 0.3, stay: 0.7 };
    const { gradient } = moveLoss(space, { state, start, harmless }, heavy);
    for (let k = 0; k < 8; k++) {
      const axis = Float64Array.from({ length: 8 }, (_, i) => Number(i === k));
      const at = (step: number) =>
        moveLoss(space, { state: plus(state, axis, step), start, harmless }, heavy).loss;
      expect(gradient[k]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5);
    }
  });
  test('pulls harmful requests to refusal, and harmless ones away from it', () => {
    const moved = (harmless: boolean) => {
      const { gradient } = moveLoss(space, { state: start, start, harmless }, weights);
      return plus(start, gradient, -0.1)[0]! - start[0]!;
    };
    expect(moved(true)).toBeGreaterThan(0);
    expect(moved(false)).toBeLessThan(0);
  });
});

describe('the defense', () => {
  const quick = {
    safetyPrompt: '20 21 22',
    epochs: 12,
    batchSize: 5,
    samples: 1,
    answerTokens: 2,
    learningRate: 0.02,
    // A random model never refuses, so that the other probe has nothing to learn.
    harm: 1,
  };
  const few = { ...options, maxNewTokens: 5 };
  let model: ReturnType<typeof createTiny>;
  let artifact: Artifact;
  let untrained: Artifact;
  beforeAll(async () => {
    model = createTiny();
    artifact = await prepare(dro, model, quick);
    untrained = await prepare(dro, model, { ...quick, epochs: 0 });
  }, 60_000);
  afterAll(() => model.dispose());

  test('lowers its loss by training, from what the words alone do', () => {
    const losses = artifact['losses'] as number[];
    expect(losses).toHaveLength(12);
    expect(losses[0]).toBeCloseTo(2 * Math.LN2, 0);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.05);
  });
  test('before training is the textual safety prompt itself', async () => {
    const worded = await model.generate([system('20 21 22'), ...asked], few);
    const reply = await defendWith(dro, model, untrained).generate(asked, few);
    expect(reply.text).toBe(worded.text);
    expect(reply.events).toMatchObject([{ action: 'steered', detail: { vectors: 3 } }]);
  });
  test('before training leaves every distribution as the words do', async () => {
    const traced = { ...few, topTokens: 4 };
    const worded = await model.generate([system('20 21 22'), ...asked], traced);
    const reply = await defendWith(dro, model, untrained).generate(asked, traced);
    const seen = (tokens: typeof reply.tokens) =>
      tokens.flatMap(({ top }) => top.map(({ logProb }) => logProb));
    expect(reply.tokens.map(({ id }) => id)).toEqual(worded.tokens.map(({ id }) => id));
    seen(reply.tokens).forEach((logProb, i) => expect(logProb).toBeCloseTo(seen(worded.tokens)[i]!, 4));
  });
  test('saved to a file and given back in a plan does exactly the same', async () => {
    const saved = JSON.stringify({ 'tiny/dro': artifact });
    const file = JSON.parse(saved) as Record<string, Artifact>;
    const plan = { stack: [{ id: 'dro', artifact: file['tiny/dro'] }] };
    const given = (JSON.parse(JSON.stringify(plan)) as typeof plan).stack[0]!.artifact!;
    expect(given).toEqual(artifact);
    const traced = { ...few, topTokens: 4 };
    const fresh = dro.wrap(model, parseOptions(dro.options, {}, 'dro'), { ...playing({}), artifact });
    expect(await defendWith(dro, model, given).generate(asked, traced)).toEqual(
      await fresh.generate(asked, traced),
    );
  });
  test.each([
    ['nothing', undefined],
    ['no losses', { vectors: [[1]] }],
    ['what JSON makes of a number that is none', { vectors: [[null]], losses: [] }],
    ['an empty vector', { vectors: [[]], losses: [] }],
    ['what another defense learned', { directions: [[1], [2]] }],
  ])('refuses %s before the first request, and says what to do', (_, damaged) => {
    expect(() => defendWith(dro, model, damaged)).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: '"dro" is not prepared for this model, or what it learned is damaged.',
        advice: expect.stringContaining('"artifact"') as string,
      }),
    );
  });
  test('refuses vectors of a model of another shape, or of several lengths', () => {
    const { vectors } = artifact as { vectors: number[][] };
    for (const other of [vectors.map((row) => row.slice(1)), [vectors[0]!, [1]]])
      expect(() => defendWith(dro, model, { vectors: other, losses: [] })).toThrow(
        expect.objectContaining({
          message: '"dro" cannot act on tiny: This edit was made for a model of another shape.',
          advice: expect.stringContaining('learned anew') as string,
        }),
      );
  });
  test('stands behind the system prompt that is there', async () => {
    const worded = await model.generate([system('8 20 21 22'), ...asked], few);
    expect((await defendWith(dro, model, untrained).generate([system('8'), ...asked], few)).text).toBe(
      worded.text,
    );
  });
  test('leaves the model as it was, and one without vectors changes nothing', async () => {
    const weights = await model.parameters();
    const plain = await model.generate(asked, few);
    await defendWith(dro, model, artifact).generate(asked, few);
    expect((await model.generate(asked, few)).text).toBe(plain.text);
    for (const [name, { data }] of await model.parameters()) expect(data).toEqual(weights.get(name)!.data);
    const none = await prepare(dro, model, { ...quick, safetyPrompt: '' });
    expect(none).toEqual({ vectors: [], losses: [] });
    expect((await defendWith(dro, model, none).generate(asked, few)).text).toBe(plain.text);
  });
  test('learns the same again, keeps to the request’s own options, and stops when told', async () => {
    expect(await prepare(dro, model, { ...quick, epochs: 1 })).toEqual(
      await prepare(dro, model, { ...quick, epochs: 1 }),
    );
    const reply = await defendWith(dro, model, artifact).generate([user('5 6')], { ...few, maxNewTokens: 2 });
    expect(reply.completionTokens).toBeLessThanOrEqual(2);
    const stopped = defendWith(dro, model, artifact).generate(asked, { ...few, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});
