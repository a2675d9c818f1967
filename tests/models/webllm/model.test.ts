import { describe, expect, test } from 'vitest';
import { user } from '../../../src/core/chat.ts';
import { argmax, logSoftmax } from '../../../src/models/decoding/sampler.ts';
import { loadWebLlmModel } from '../../../src/models/runtimes/webllm/index.ts';
import { describeModel } from '../contract.ts';
import { entry, tokenizerVocabulary, fakeBrowser } from './fake-browser.ts';
import { toyLogits, type FakeModel } from './fake-engine.ts';

async function load(model: Partial<FakeModel> = {}) {
  const { apis, options, engines } = fakeBrowser(model);
  const loaded = await loadWebLlmModel(entry, options, apis);
  const engine = engines[0]!;
  const before = engine.calls.length;
  return { model: loaded, engine, calls: () => engine.calls.slice(before) };
}
const computed = (calls: readonly { method: string; ids: readonly number[] }[]) =>
  calls.filter(({ method }) => method === 'forward').map(({ ids }) => ids.length);
const toy = (ids: readonly number[]) => toyLogits(ids, 264).subarray(0, tokenizerVocabulary);
const closeTo = (actual: Float32Array, expected: Float32Array) => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
};

describeModel('web-llm', async () => (await load()).model, { special: '<|im_end|>' });
describeModel('web-llm without rollback', async () => (await load({ pop: 'missing' })).model, {
  special: '<|im_end|>',
});

describe('a session', () => {
  test('gives the raw logits of the model, cut to the vocabulary of the tokenizer', async () => {
    const { model } = await load();
    const session = await model.open([[5, 6, 7]]);
    closeTo(session.logits(0), toy([5, 6, 7]));
    await session.advance([8]);
    closeTo(session.logits(0), toy([5, 6, 7, 8]));
  });

  test('computes one token per step if no other call uses the engine', async () => {
    const { model, calls } = await load();
    const session = await model.open([[5, 6, 7]]);
    await session.advance([8]);
    await session.advance([9]);
    expect(computed(calls())).toEqual([3, 1, 1]);
  });

  test.each(['works', 'missing', 'does nothing'] as const)(
    'keeps several rows apart on the one sequence of the engine (rollback %s)',
    async (pop) => {
      const { model } = await load({ pop });
      const session = await model.open([
        [5, 6, 7],
        [5, 6, 30],
      ]);
      await session.advance([1, 2]);
      await session.advance([3, 4]);
      closeTo(session.logits(0), toy([5, 6, 7, 1, 3]));
      closeTo(session.logits(1), toy([5, 6, 30, 2, 4]));
      await session.keep([1]);
      await session.advance([9]);
      expect(session.rows).toBe(1);
      closeTo(session.logits(0), toy([5, 6, 30, 2, 4, 9]));
    },
  );

  test('stays correct while other calls use the engine', async () => {
    const { model, engine } = await load();
    const session = await model.open([[5, 6, 7]]);
    const scoring = model.logProbs([{ prompt: [1, 2], target: [3, 4] }]);
    const [[score]] = await Promise.all([scoring, session.advance([8])]);
    closeTo(session.logits(0), toy([5, 6, 7, 8]));
    closeTo(score!, Float32Array.of(logSoftmax(toy([1, 2]))[3]!, logSoftmax(toy([1, 2, 3]))[4]!));
    expect(engine.overlaps).toBe(0);
  });

  test.each([
    ['no tokens', []],
    ['an id that is only padding', [5, tokenizerVocabulary]],
    ['an id beyond the vocabulary', [5, 264]],
    ['a negative id', [-1]],
    ['a broken id', [1.5]],
  ])('refuses %s without asking the engine', async (_, ids) => {
    const { model, calls } = await load();
    await expect(model.open([ids])).rejects.toMatchObject({ code: 'bad-input' });
    expect(computed(calls())).toEqual([]);
  });

  test('refuses a token that does not fit, and stays usable', async () => {
    const { model } = await load();
    const prompt = Array.from({ length: 128 }, (_, i) => i);
    const session = await model.open([prompt]);
    await expect(session.advance([1])).rejects.toMatchObject({ code: 'context-overflow' });
    closeTo((await model.open([[5]])).logits(0), toy([5]));
  });
});

describe('scoring', () => {
  test('costs one forward per target token, and computes a shared prompt once', async () => {
    const { model, calls } = await load();
    const prompt = [10, 11, 12, 13];
    await model.logProbs([
      { prompt, target: [1, 2, 3] },
      { prompt, target: [4, 5] },
    ]);
    expect(computed(calls())).toEqual([4, 1, 1, 1, 1]);
  });

  test('prefills the prompt again where the cache cannot be shortened', async () => {
    const { model, calls } = await load({ kvStateKind: 'hybrid' });
    const prompt = [10, 11, 12, 13];
    await model.logProbs([
      { prompt, target: [1, 2] },
      { prompt, target: [4] },
    ]);
    expect(computed(calls())).toEqual([4, 1, 4]);
  });

  test('does not use a rollback that changes the result', async () => {
    const { model, calls } = await load({ pop: 'does nothing' });
    const [, second] = await model.logProbs([
      { prompt: [10, 11], target: [1, 2] },
      { prompt: [10, 11], target: [4] },
    ]);
    closeTo(second!, Float32Array.of(logSoftmax(toy([10, 11]))[4]!));
    expect(computed(calls())).toEqual([2, 1, 2]);
  });

  test('stops between two forwards when it is aborted', async () => {
    const { model, calls } = await load();
    const controller = new AbortController();
    const target = Array.from({ length: 40 }, (_, i) => i);
    const scoring = model.logProbs([{ prompt: [1], target }], { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 1));
    controller.abort();
    await expect(scoring).rejects.toMatchObject({ name: 'AbortError' });
    expect(computed(calls()).length).toBeLessThan(40);
    closeTo((await model.open([[5]])).logits(0), toy([5]));
  });
});

describe('generation', () => {
  const options = { maxNewTokens: 6, topTokens: 3 };

  test('writes the likeliest tokens of the model', async () => {
    const { model } = await load();
    const { tokens } = await model.generate([user('Hi $& there')], options);
    const ids = model.tokenizer.prompt([user('Hi $& there')]);
    for (const { id } of tokens) {
      expect(id).toBe(argmax(toy(ids)));
      ids.push(id!);
    }
  });

  test('depends on its arguments alone, to the last bit, whatever ran before or runs concurrently', async () => {
    const { model } = await load();
    const first = await model.generate([user('Hello')], options);
    await model.generate([user('Hello, you')], options);
    const [again] = await Promise.all([
      model.generate([user('Hello')], options),
      model.generate([user('Help')], options),
    ]);
    expect(again).toEqual(first);
  });

  test('never overlaps two calls to the engine', async () => {
    const { model, engine } = await load();
    await Promise.all([
      model.generate([user('one')], options),
      model.generate([user('two')], options),
      model.logProbs([{ prompt: [1, 2], target: [3] }]),
      model.open([[4, 5]]),
    ]);
    expect(engine.overlaps).toBe(0);
  });
});

describe('failures', () => {
  test('a lost device is reported, and by every later call', async () => {
    const { model, engine, calls } = await load();
    engine.loseDevice();
    await expect(model.open([[1]])).rejects.toMatchObject({ code: 'device-lost' });
    const callCount = calls().length;
    await expect(model.open([[1]])).rejects.toMatchObject({
      code: 'device-lost',
      advice: expect.stringContaining('End this worker'),
    });
    expect(calls().length).toBe(callCount);
  });

  test('a model that computes NaN does not end the runtime', async () => {
    const { model } = await load({
      logits: (ids) => (ids.includes(99) ? new Float32Array(264).fill(NaN) : toyLogits(ids, 264)),
    });
    const session = await model.open([[99]]);
    expect(() => session.logits(0)).toThrow(/gives no numbers/);
    closeTo((await model.open([[5]])).logits(0), toy([5]));
  });

  test('a disposed model says that it must be loaded again', async () => {
    const { model, calls } = await load();
    await model.dispose();
    await model.dispose();
    expect(calls().filter(({ method }) => method === 'unload')).toHaveLength(1);
    await expect(model.open([[1]])).rejects.toMatchObject({ advice: 'Load the model again.' });
  });
});
