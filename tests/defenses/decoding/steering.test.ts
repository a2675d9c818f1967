import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { cosine, dot, norm, plus, scaled } from '../../../src/core/vectors.ts';
import { conditionalSteering } from '../../../src/defenses/decoding/conditional-steering.ts';
import {
  bestThreshold,
  contrastDirection,
  isMet,
  likeness,
} from '../../../src/defenses/decoding/conditional-steering/condition.ts';
import { steering } from '../../../src/defenses/decoding/steering.ts';
import type { Artifact } from '../../../src/defenses/defense.ts';
import { withEdit } from '../../../src/defenses/generation/edits.ts';
import { differenceInMeans, lastStreams } from '../../../src/models/directions.ts';
import { options } from '../defend.ts';
import { asked, contrast, createTiny, defendWith, prepare } from '../white-box.ts';

let model: ReturnType<typeof createTiny>;
beforeAll(() => {
  model = createTiny();
});
afterAll(() => model.dispose());
const few = { ...options, maxNewTokens: 6 };

describe('steering', () => {
  let artifact: Artifact;
  beforeAll(async () => {
    artifact = await prepare(steering, model);
  });
  const directions = () => artifact['directions'] as number[][];

  test('learns the difference in means, from which harmless requests get to harmful ones', async () => {
    const [harmful, harmless] = [
      await lastStreams(model, contrast.harmful),
      await lastStreams(model, contrast.harmless),
    ];
    const expected = differenceInMeans(harmful, harmless);
    expect(norm(directions()[0]!), 'the last token is the same').toBe(0);
    for (const i of [1, 2, 3]) expect(cosine(directions()[i]!, expected[i]!)).toBeCloseTo(1, 5);
  });
  test('moves the residual stream by its step, at the layer that is named', async () => {
    const prompt = model.tokenizer.prompt(asked);
    const view = model.edited({ residual: [{ boundaries: [2], add: directions()[2]! }] });
    const [before, after] = [await model.hiddenStates(prompt), await view.hiddenStates(prompt)];
    view.dispose();
    expect(after[1]).toEqual(before[1]);
    const moved = plus(after[2]!.slice(-16), before[2]!.slice(-16), -1);
    moved.forEach((value, i) => expect(value).toBeCloseTo(directions()[2]![i]!, 4));
  });
  test('of strength 0 is the model itself, and of strength 5 is not', async () => {
    const plain = await model.generate(asked, few);
    const still = await defendWith(steering, model, artifact, { strength: 0 }).generate(asked, few);
    expect(still.text).toBe(plain.text);
    expect(still.events).toMatchObject([{ action: 'steered', detail: { strength: 0, boundary: 2 } }]);
    const far = await defendWith(steering, model, artifact, { strength: 5 }).generate(asked, few);
    expect(far.text).not.toBe(plain.text);
    expect((await model.generate(asked, few)).text).toBe(plain.text);
  });
  test('acts together with an edit that the request brings along', async () => {
    const add = scaled(directions()[2]!, -5);
    const against = { residual: [{ boundaries: [2], add: [...add] }] };
    const reply = await defendWith(steering, model, artifact, { strength: 5 }).generate(asked, {
      ...few,
      edit: against,
    });
    expect(reply.text).toBe((await model.generate(asked, few)).text);
    const soft = { softTokens: { vectors: [[1]], at: 'start' as const } };
    expect(() => withEdit({ ...few, edit: soft }, soft)).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    );
  });
  test.each([undefined, {}, { directions: 'none' }, { directions: [[1]], more: 1 }])(
    'refuses what it did not learn: %j',
    (wrong) => {
      for (const defense of [steering, conditionalSteering])
        expect(() => defendWith(defense, model, wrong)).toThrow(
          expect.objectContaining({ code: 'bad-input' }),
        );
    },
  );
});

test('directions of a model of another shape are refused before the first request', async () => {
  const { directions } = (await prepare(steering, model)) as { directions: number[][] };
  const narrow = directions.map((row) => row.slice(1));
  const openings = { refusing: '20 21 22', compliant: '25 26' };
  const learned = await prepare(conditionalSteering, model, openings);
  for (const [defense, artifact] of [
    [steering, { directions: narrow }],
    [conditionalSteering, { ...learned, behavior: narrow }],
  ] as const)
    expect(() => defendWith(defense, model, artifact)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`"${defense.id}" cannot act on tiny`) }),
    );
});

describe('the condition', () => {
  const random = createRandom('condition');
  const vector = () => Float64Array.from({ length: 12 }, () => random.normal());

  test('direction points along what pairs differ in, from the second kind to the first', () => {
    const apart = vector();
    const base = Array.from({ length: 8 }, () => scaled(vector(), 5));
    const noisy = base.map((each) => plus(plus(each, apart, 3), vector(), 0.1));
    const direction = contrastDirection(noisy, base)!;
    expect(norm(direction)).toBeCloseTo(1, 6);
    expect(cosine(direction, apart)).toBeGreaterThan(0.98);
    expect(contrastDirection(base, base)).toBeNull();
  });
  test('likeness is the cosine with the squashed projection', () => {
    const [h, c] = [vector(), scaled([1, ...Array<number>(11).fill(0)], 1)];
    // P h = (h₀, 0 …), so tanh(P h) points along ±c.
    expect(likeness(h, c)).toBeCloseTo(h[0]! / norm(h), 6);
    expect(likeness(scaled(h, -1), c)).toBeCloseTo(-likeness(h, c), 12);
    expect(likeness(scaled(h, 0), c)).toBe(0);
  });
  test.each([
    [[3, 4, 5], [0, 1, 2], { threshold: 2.5, above: true, f1: 1 }],
    [[0, 1], [2, 3], { threshold: 1.5, above: false, f1: 1 }],
    // Two of three found, nothing wrong: F1 = 4/5; taking the 0 as well costs two false alarms.
    [[5, 6, 0], [1, 2], { threshold: 3.5, above: true, f1: 0.8 }],
  ])('threshold between %j and %j has the best F1', (hits, misses, expected) => {
    const found = bestThreshold(hits, misses);
    expect(found).toEqual({ ...expected, f1: expect.closeTo(expected.f1, 12) as number });
    expect(isMet(found, hits[0]!)).toBe(true);
    expect(isMet(found, misses[0]!)).toBe(false);
  });
  test('threshold of kinds that nothing tells apart takes all for hits', () => {
    expect(bestThreshold([1], [1])).toMatchObject({ f1: expect.closeTo(2 / 3, 12) as number });
  });
});

describe('conditional steering', () => {
  let artifact: Artifact;
  beforeAll(async () => {
    artifact = await prepare(conditionalSteering, model, { refusing: '20 21 22', compliant: '25 26' });
  });
  const ask = (text: string, chosen = {}) =>
    defendWith(conditionalSteering, model, artifact, { strength: 4, ...chosen }).generate([user(text)], few);

  test('learns a condition that tells the contrast prompts apart, and steps that are not nothing', () => {
    const { condition, behavior } = artifact as {
      condition: { f1: number; heldOut: number };
      behavior: number[][];
    };
    expect(condition).toMatchObject({ f1: 1, heldOut: 2 });
    for (const step of behavior.slice(1)) expect(norm(step)).toBeGreaterThan(0);
    expect(structuredClone(artifact)).toEqual(artifact);
  });
  test('leaves harmless requests exactly as they are', async () => {
    for (const text of contrast.harmless) {
      const reply = await ask(text);
      expect(reply.text).toBe((await model.generate([user(text)], few)).text);
      expect(reply.events).toMatchObject([{ action: 'passed' }]);
    }
  });
  test('steers harmful requests, most of which its condition was not scored on', async () => {
    const steered = await Promise.all(
      contrast.harmful.map(async (text) => {
        const reply = await ask(text);
        const isSteered = reply.events[0]!.action === 'steered';
        return { isSteered, isChanged: reply.text !== (await model.generate([user(text)], few)).text };
      }),
    );
    expect(steered.filter(({ isSteered }) => isSteered).length).toBeGreaterThanOrEqual(4);
    expect(steered.some(({ isChanged }) => isChanged)).toBe(true);
  });
  test('is not fooled by words put in the model’s mouth', async () => {
    const defended = defendWith(conditionalSteering, model, artifact);
    const { events } = await defended.generate([user(contrast.harmful[0]!)], {
      ...few,
      assistantPrefix: '25 26',
    });
    expect(events).toMatchObject([{ action: 'steered' }]);
  });
  test('steers between the layers that are named', async () => {
    const reason = async (from: number, to: number) =>
      (await ask(contrast.harmful[0]!, { from, to })).events[0]!.reason;
    expect(await reason(0, 1)).toContain('layers 1 to 2');
    expect(await reason(0.7, 0.1)).toContain('layers 2 to 2');
  });
  test('points from complying to refusing answers', async () => {
    const { behavior } = artifact as { behavior: number[][] };
    const states = async (answer: string) => {
      const prompt = model.tokenizer.prompt([user('15 16')], { assistantPrefix: answer });
      const all = await model.hiddenStates(prompt);
      return all[2]!.slice(-16);
    };
    const apart = plus(await states('20 21 22'), await states('25 26'), -1);
    expect(dot(apart, behavior[2]!)).toBeGreaterThan(0);
  });
});
