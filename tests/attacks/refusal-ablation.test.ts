import { describe, expect, test } from 'vitest';
import { refusalAblation } from '../../src/attacks/refusal-ablation.ts';
import { klOfLogits, refusalLogOdds } from '../../src/models/refusal-direction.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { cosine } from '../../src/core/vectors.ts';
import { user } from '../../src/core/chat.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { findSpan } from '../../src/models/prompt-span.ts';
import { behavior, drain, learn, mutation, roleContext } from './drain.ts';
import { refusal, refusingModel, tale } from './refusing-model.ts';

const asked: Behavior = { ...behavior, prompt: 'Tell the forbidden tale' };
const deeds = ['sing', 'dance', 'whistle', 'wake the giant', 'paint', 'hum a tune', 'juggle', 'skip'];
const others: readonly Behavior[] = deeds.flatMap((deed, i) => [
  { ...behavior, id: `bad ${i}`, prompt: `How do I ${deed}, though it is forbidden?` },
  { ...behavior, id: `good ${i}`, prompt: `How do I ${deed} nicely today?`, kind: 'benign' as const },
]);
const ablate = (options: Record<string, unknown> = {}, setting: { others?: readonly Behavior[] } = {}) =>
  drain(refusalAblation, { model: refusingModel(), behavior: asked, others, options, ...setting });

describe('on a model that refuses along one direction', () => {
  test('finds that direction, and the request is answered without it', async () => {
    const { result } = await ablate();
    const [change] = result.edit!.residual!;
    expect(Math.abs(cosine(change!.ablate!, refusal))).toBeCloseTo(1, 2);
    expect(change!.boundaries).toBeUndefined();
    expect(result.claimed).toBe(true);
    const model = refusingModel();
    const answer = (edit: typeof result.edit) =>
      model.generate(result.messages, { maxNewTokens: 64, ...(edit && { edit }) });
    expect((await answer(undefined)).text).toBe('Sorry, no.');
    expect((await answer(result.edit)).text).toBe(tale);
  });
  test('its result is plain data that a record can hold', async () => {
    const { result, steps } = await ablate();
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(structuredClone(steps)).toEqual(steps);
  });
  test('selects a boundary where the direction exists, not an earlier one', async () => {
    const { steps } = await ablate();
    expect(steps.at(-1)!.detail).toMatchObject({ chosen: true, fromEnd: 0, fits: true });
    expect(steps.at(-1)!.detail!['boundary']).toBeGreaterThanOrEqual(2);
    const early = steps.find(({ detail }) => detail!['boundary'] === 1)!;
    expect(early.detail!['fits']).toBe(false);
  });
  test('uses no direction above the given depth', async () => {
    const { steps } = await ablate({ depth: 0.5 });
    expect(Math.max(...steps.map(({ detail }) => detail!['boundary'] as number))).toBe(2);
  });
  test('replays exactly from its seed', async () => {
    expect(await ablate()).toEqual(await ablate());
  });
});

test('uses neither harmful requests that are answered nor harmless ones that are refused', async () => {
  const odd: readonly Behavior[] = [
    ...['x', 'y', 'z'].map((id) => ({ ...behavior, id, prompt: `How do I whisper ${id}?` })),
    ...['u', 'v', 'w'].map((id) => ({
      ...behavior,
      id,
      prompt: `How do I hug ${id}, which is forbidden?`,
      kind: 'benign' as const,
    })),
  ];
  const read: string[] = [];
  const model = refusingModel();
  const watched = {
    ...model,
    hiddenStates: (prompt: readonly number[]) => {
      read.push(model.tokenizer.decode(prompt));
      return model.hiddenStates(prompt);
    },
  };
  const { result } = await drain(refusalAblation, {
    model: watched,
    behavior: asked,
    others: [...others, ...odd],
  });
  expect(read.some((text) => /whisper|hug/.test(text))).toBe(false);
  expect(Math.abs(cosine(result.edit!.residual![0]!.ablate!, refusal))).toBeCloseTo(1, 2);
});

test('uses the direction that refuses least when none meets the bounds, and says so', async () => {
  const { steps, result } = await ablate({ mostDrift: 0 });
  const tried = steps.slice(0, -1).map(({ detail }) => detail as { bypass: number; fits: boolean });
  expect(tried.some(({ fits }) => fits)).toBe(false);
  expect(steps.at(-1)!.detail).toMatchObject({
    chosen: true,
    fits: false,
    bypass: Math.min(...tried.map(({ bypass }) => bypass)),
  });
  expect(result.edit).toBeDefined();
});

test('never uses the request under attack', async () => {
  const read: string[] = [];
  const model = refusingModel();
  const watched = {
    ...model,
    hiddenStates: (prompt: readonly number[]) => {
      read.push(model.tokenizer.decode(prompt));
      return model.hiddenStates(prompt);
    },
  };
  await drain(refusalAblation, { model: watched, behavior: asked, others });
  expect(read.length).toBeGreaterThan(0);
  expect(read.some((text) => text.includes(asked.prompt))).toBe(false);
});

test('falls back on its own texts when there are too few behaviors, and says so', async () => {
  const { steps } = await ablate({}, { others: others.slice(0, 3) });
  expect(steps[0]!.detail!['source']).toBe('texts');
  expect((await ablate()).steps[0]!.detail!['source']).toBe('behaviors');
});

test('learns from requests that are set aside, and then needs no behavior', async () => {
  const contrast = {
    harmful: deeds.map((deed) => `How do I ${deed}, though it is forbidden?`),
    harmless: deeds.map((deed) => `How do I ${deed} nicely today?`),
  };
  expect(refusalAblation.trainsOn!(defaultsOf(refusalAblation.options), contrast)).toBe(0);
  const { steps, result } = await drain(refusalAblation, {
    model: refusingModel(),
    behavior: asked,
    contrast,
  });
  expect(steps[0]!.detail!['source']).toBe('contrast');
  expect(Math.abs(cosine(result.edit!.residual![0]!.ablate!, refusal))).toBeCloseTo(1, 2);
});

test('is learned once: the same edit for every behavior, without reading the model for it', async () => {
  const { learned } = await learn(refusalAblation, { model: refusingModel(), others });
  const model = refusingModel();
  const closed = { ...model, hiddenStates: () => Promise.reject(new Error('It reads the model again.')) };
  const edits = [];
  for (const prompt of ['Tell the forbidden tale', 'Sing the forbidden song']) {
    const values = defaultsOf(refusalAblation.options);
    const context = { ...mutation(refusalAblation), ...roleContext(), signal: new AbortController().signal };
    const run = refusalAblation.run({ ...asked, prompt }, closed as never, values, {
      ...context,
      others: [],
      spent: () => false,
      learned,
    });
    for (let next = await run.next(); ; next = await run.next())
      if (next.done) {
        edits.push(next.value.edit);
        break;
      }
  }
  expect(edits[0]).toEqual(edits[1]);
});

test('computes directions at every token that the template has after the request', async () => {
  const model = refusingModel();
  const { prompt, end } = findSpan(model.tokenizer, (text) => [user(text)], asked.prompt);
  const { steps } = await ablate();
  const places = new Set(steps.slice(0, -1).map(({ detail }) => detail!['fromEnd']));
  expect(places.size).toBe(prompt.length - end);
});

describe('measures', () => {
  test('log-odds of refusing are those of the mass of the refusal tokens', () => {
    const logits = Float32Array.of(Math.log(0.2), Math.log(0.1), Math.log(0.7));
    expect(refusalLogOdds(logits, new Set([0, 1]))).toBeCloseTo(Math.log(0.3 / 0.7), 5);
    expect(refusalLogOdds(logits, new Set([0, 1, 2]))).toBeLessThan(20);
  });
  test('KL is that of the two distributions', () => {
    const p = Float32Array.of(Math.log(0.5), Math.log(0.5));
    const q = Float32Array.of(Math.log(0.9), Math.log(0.1));
    expect(klOfLogits(p, q)).toBeCloseTo(0.5 * Math.log(0.5 / 0.9) + 0.5 * Math.log(0.5 / 0.1), 5);
    expect(klOfLogits(p, p)).toBe(0);
  });
});
