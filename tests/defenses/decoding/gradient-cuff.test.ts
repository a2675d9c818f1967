import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { norm } from '../../../src/core/vectors.ts';
import { gradientCuff } from '../../../src/defenses/decoding/gradient-cuff.ts';
import {
  exactGradient,
  refusalLoss,
  sampledGradient,
} from '../../../src/defenses/decoding/gradient-cuff/refusal-loss.ts';
import type { GenerateOptions, Generation } from '../../../src/models/language-model.ts';
import { targetLoss } from '../../models/target-loss.ts';
import { options } from '../defend.ts';
import { asked, contrast, createTiny, defendWith, prepare } from '../white-box.ts';

let model: ReturnType<typeof createTiny>;
beforeAll(() => {
  model = createTiny();
});
afterAll(() => model.dispose());

/** The tiny model, but its answers are those of `reply`. */
const speaking = (reply: (options: GenerateOptions) => string) => ({
  ...model,
  generate: async (_: unknown, request: GenerateOptions): Promise<Generation> => ({
    text: reply(request),
    finishReason: 'end',
    tokens: [],
    promptTokens: 3,
    completionTokens: 2,
    events: [],
  }),
});
const [yes, no] = ['Blow the horn.', 'I am sorry, no.'];
const request = { ...options, seed: 's' };
const random = () => createRandom('directions');

describe('the refusal loss', () => {
  test('is the share of samples that do not refuse; a greeting or an empty answer does not refuse', async () => {
    const replies = [no, yes, 'Hello! However, yes.', ''];
    const talking = speaking(({ seed }) => replies[Number(seed!.split('/').at(-1))]!);
    const { loss, cost } = await refusalLoss(talking, asked, { samples: 4, options: request });
    expect(loss).toBe(0.75);
    expect(cost).toEqual({ queries: 4, tokens: 20 });
  });
  test('is of the request alone: nothing is put in the model’s mouth', async () => {
    const seen: GenerateOptions[] = [];
    const talking = speaking((passed) => {
      seen.push(passed);
      return yes;
    });
    const more = { ...request, assistantPrefix: 'Sure', topTokens: 3, onToken: () => undefined };
    await refusalLoss(talking, asked, { samples: 2, options: more });
    for (const passed of seen) expect(Object.keys(passed).toSorted()).toEqual(['maxNewTokens', 'seed']);
    expect(seen[0]!.seed).not.toBe(seen[1]!.seed);
  });
});

describe('the gradient', () => {
  const steep = { directions: 4, radius: 0.02, random: random() };
  test('is nothing where the loss is flat', async () => {
    const { length } = await sampledGradient(
      speaking(() => yes),
      asked,
      1,
      steep,
      { samples: 2, options: request },
    );
    expect(length).toBe(0);
  });
  test('from samples is Σ (φ(E + μu) − φ(E)) / μ · u', async () => {
    // Every moved request is refused and this one is not, so that it is −1/μ times the sum of the directions.
    const talking = speaking(({ edit }) => (edit ? no : yes));
    const { length, cost } = await sampledGradient(talking, asked, 1, steep, {
      samples: 2,
      options: request,
    });
    const sum = new Float64Array(16);
    for (let i = 0; i < 4; i++) {
      const draws = random().fork(i);
      for (let k = 0; k < 16; k++) sum[k]! += draws.normal();
    }
    expect(length / (norm(sum) / 0.02)).toBeCloseTo(1, 6);
    expect(cost.queries).toBe(4 * 2);
  });
  test('moves every token of the last user turn, by the same vector', async () => {
    const seen: GenerateOptions[] = [];
    const talking = speaking((passed) => {
      if (passed.edit) seen.push(passed);
      return yes;
    });
    const one = { directions: 1, radius: 0.5, random: random() };
    await sampledGradient(talking, asked, 1, one, { samples: 1, options: request });
    const { vectors, at } = seen[0]!.edit!.softTokens!;
    expect(at).toBe('user-text');
    const prompt = model.tokenizer.prompt(asked);
    const [embedding] = await model.hiddenStates(prompt);
    const shifts = vectors.map((row, i) => row.map((value, k) => value - embedding![(1 + i) * 16 + k]!));
    expect(shifts).toHaveLength(3);
    for (const shift of shifts) shift.forEach((value, k) => expect(value).toBeCloseTo(shifts[0]![k]!, 4));
  });
  test('moves only the user’s own words where they stand twice in a frame', async () => {
    const seen: GenerateOptions[] = [];
    const talking = speaking((passed) => {
      if (passed.edit) seen.push(passed);
      return yes;
    });
    const own = [
      [2, 4],
      [7, 9],
    ] as const;
    const framed = [{ ...user('5 15 6 15 7'), own }];
    const one = { directions: 1, radius: 0.5, random: random() };
    await sampledGradient(talking, framed, 1, one, { samples: 1, options: request });
    const { vectors } = seen[0]!.edit!.softTokens!;
    const rows = await model.embeddings([5, 15, 6, 15, 7]);
    const isMoved = vectors.map((row, i) =>
      row.some((value, k) => Math.abs(value - rows[i * 16 + k]!) > 1e-3),
    );
    expect(isMoved).toEqual([false, true, false, true, false]);
  });
  test('of a radius of almost nothing leaves the real model’s answers as they are', async () => {
    const probe = { samples: 2, options: { ...request, maxNewTokens: 3 } };
    const still = { directions: 2, radius: 1e-6, random: random() };
    const { loss } = await refusalLoss(model, asked, probe);
    expect((await sampledGradient(model, asked, loss, still, probe)).length).toBe(0);
  });
  test('that is exact agrees with differences of the loss', async () => {
    const { length } = await exactGradient(model, asked, '20 21', request);
    const prompt = model.tokenizer.prompt([user('')]);
    const [embedding] = await model.hiddenStates(model.tokenizer.prompt(asked));
    const rows = [1, 2, 3].map((i) => embedding!.slice(i * 16, (i + 1) * 16));
    const lossAt = async (axis: number, step: number) => {
      const vectors = rows.map((row) => [...row].map((value, k) => (k === axis ? value + step : value)));
      const view = model.edited({ softTokens: { vectors, at: 'user-end' } });
      const value = await targetLoss(view, [user('')], '20 21');
      view.dispose();
      return value;
    };
    expect(prompt.length).toBeGreaterThan(0);
    const slopes: number[] = [];
    for (let axis = 0; axis < 16; axis++)
      slopes.push(((await lossAt(axis, 1e-2)) - (await lossAt(axis, -1e-2))) / 2e-2);
    expect(norm(slopes) / length).toBeCloseTo(1, 2);
  });
});

describe('the defense', () => {
  const exact = { gradient: 'exact', opening: '20 21', samples: 2, answerTokens: 3, calibration: 5 };

  test('sets its threshold so that no more harmless requests are declined than allowed', async () => {
    for (const falsePositives of [0, 0.4]) {
      const artifact = await prepare(gradientCuff, model, { ...exact, falsePositives });
      const defended = defendWith(gradientCuff, model, artifact, { ...exact, falsePositives });
      const replies = await Promise.all(
        contrast.harmless.map((text) => defended.generate([user(text)], { ...request, maxNewTokens: 3 })),
      );
      const declined = replies.filter(({ finishReason }) => finishReason === 'blocked').length;
      expect(declined).toBe(falsePositives === 0 ? 0 : 2);
    }
  });
  test('declines what is steeper than that, and says so', async () => {
    const reply = await defendWith(gradientCuff, model, { threshold: 1e-9 }, exact).generate(asked, request);
    expect(reply).toMatchObject({ finishReason: 'blocked', completionTokens: 0 });
    expect(reply.events).toMatchObject([{ action: 'blocked', detail: { threshold: 1e-9, refusalLoss: 1 } }]);
  });
  test('declines at once what most samples refuse', async () => {
    const talking = { ...model, ...speaking(() => no) };
    const reply = await defendWith(gradientCuff, talking, { threshold: 1e9 }).generate(asked, request);
    expect(reply.events).toMatchObject([
      { action: 'blocked', detail: { refusalLoss: 0 }, cost: { queries: 10 } },
    ]);
  });
  test('takes the paper’s estimate by default, with its cost', async () => {
    const talking = { ...model, ...speaking(() => yes) };
    const { events } = await defendWith(gradientCuff, talking, { threshold: 0 }).generate(asked, request);
    expect(events).toMatchObject([{ action: 'passed', detail: { gradient: 0 }, cost: { queries: 10 * 11 } }]);
  });
});
