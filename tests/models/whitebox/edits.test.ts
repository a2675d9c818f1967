import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { device, randomIds, stubTokenizer, tinyConfig, tinyWeights } from './tiny.ts';
import { assistant, system, user } from '../../../src/core/chat.ts';
import type { ModelEdit } from '../../../src/models/language-model.ts';
import { createWhiteBoxModel, type LlamaModel } from '../../../src/models/runtimes/whitebox/index.ts';

const config = tinyConfig();
const weights = tinyWeights(config);
const table = weights.get('model.embed_tokens.weight')!.data;
const rowOf = (id: number) => [...table.subarray(id * 16, (id + 1) * 16)];
const wave = (phase: number) => Array.from({ length: 16 }, (_, i) => Math.sin(phase * (i + 1)));
const conversation = [user('5 6 7')];
const options = { maxNewTokens: 6 };

let model: LlamaModel;
beforeAll(() => {
  model = createWhiteBoxModel({ id: 'tiny', device, config, weights, tokenizer: stubTokenizer(config) });
});
afterAll(() => model.dispose());

const answer = (edit: ModelEdit, messages = conversation, from = model) =>
  from.generate(messages, { ...options, edit }).then(({ text }) => text);

describe('an edit given with a request', () => {
  test('acts like a model edited beforehand', async () => {
    const edit: ModelEdit = { residual: [{ boundaries: [1], ablate: wave(3) }, { add: wave(0.5) }] };
    const view = model.edited(edit);
    const expected = await view.generate(conversation, options);
    view.dispose();
    expect(await answer(edit)).toBe(expected.text);
    expect(expected.text).not.toBe((await model.generate(conversation, options)).text);
  });
  test('removes its direction at every boundary unless some are named', async () => {
    const direction = wave(2);
    const along = async (edit: ModelEdit) => {
      const view = model.edited(edit);
      const states = await view.hiddenStates([1, 5, 6]);
      view.dispose();
      return states.slice(0, -1).map((state) => {
        const last = state.slice(-16);
        return Math.abs(last.reduce((sum, value, i) => sum + value * direction[i]!, 0));
      });
    };
    for (const size of await along({ residual: [{ ablate: direction }] })) expect(size).toBeLessThan(1e-4);
    const [embedding, first] = await along({ residual: [{ ablate: direction, boundaries: [1] }] });
    expect(embedding).toBeGreaterThan(1e-3);
    expect(first).toBeLessThan(1e-4);
  });
  test('does not affect concurrent requests, and leaves nothing on the device', async () => {
    const plain = (await model.generate(conversation, options)).text;
    const edit: ModelEdit = { softTokens: { vectors: [wave(1)], at: 'start' } };
    await answer(edit);
    const before = device.bytesHeld;
    const [edited, beside, again] = await Promise.all([
      answer(edit),
      model.generate(conversation, options),
      answer(edit),
    ]);
    expect(beside.text).toBe(plain);
    expect(again).toBe(edited);
    expect(device.bytesHeld).toBe(before);
  });
  test('is refused if it does not fit the shape of the model', async () => {
    for (const edit of [
      { residual: [{ ablate: [1, 2] }] },
      { residual: [{ add: wave(1), boundaries: [3] }] },
      { softTokens: { vectors: [[1]], at: 'start' as const } },
    ])
      await expect(answer(edit)).rejects.toMatchObject({ code: 'not-supported' });
  });
});

describe('soft tokens', () => {
  test.each([
    ['start', '30 9 5 6 7'],
    ['user-end', '5 6 7 30 9'],
  ] as const)('with the vectors of real tokens act as those, put at the %s', async (at, text) => {
    const vectors = [rowOf(30), rowOf(9)];
    const { text: expected } = await model.generate([user(text)], options);
    expect(await answer({ softTokens: { vectors, at } })).toBe(expected);
  });
  test('put at the end of the system turn are the end of its text, which may be empty', async () => {
    for (const before of ['', '12 4']) {
      const { text } = await model.generate([system(`${before} 30 9`), user('5 6')], options);
      const edit: ModelEdit = { softTokens: { vectors: [rowOf(30), rowOf(9)], at: 'system-end' } };
      expect(await answer(edit, [system(before), user('5 6')])).toBe(text);
      await expect(answer(edit, [user('5 6')])).rejects.toMatchObject({ code: 'bad-input' });
    }
  });
  test('put in place of the last request stand for its words, whatever these are', async () => {
    const turns = (last: string) => [user('3'), assistant('8 8'), user(last)];
    const { text } = await model.generate(turns('30 9'), options);
    for (const words of ['5 6 7', ''])
      expect(
        await answer({ softTokens: { vectors: [rowOf(30), rowOf(9)], at: 'user-text' } }, turns(words)),
      ).toBe(text);
  });
  test('go after the last user turn of several', async () => {
    const turns = (last: string) => [user('3'), assistant('8 8'), user(last)];
    const { text } = await model.generate(turns('5 6 9'), options);
    expect(await answer({ softTokens: { vectors: [rowOf(9)], at: 'user-end' } }, turns('5 6'))).toBe(text);
  });
});

test('the embedding gradient, times the embedding, is the token gradient', async () => {
  const request = {
    prompt: randomIds(9, 37, 'prompt'),
    target: randomIds(3, 37, 'target'),
    start: 3,
    end: 6,
  };
  const inside = await model.embeddingGradient(request);
  const tokens = await model.tokenGradient(request);
  expect(inside).toHaveLength(3 * 16);
  for (const [position, id] of [
    [0, 0],
    [1, 20],
    [2, 36],
  ] as const) {
    const product = rowOf(id).reduce((sum, value, i) => sum + value * inside[position * 16 + i]!, 0);
    expect(tokens[position * 37 + id]).toBeCloseTo(product, 4);
  }
});
