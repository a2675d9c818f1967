import { describe, expect, test } from 'vitest';
import { answerOf, ask, seedFrom } from '../../../src/attacks/parts/ask.ts';
import { assistant, system, user, type ChatMessage } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';

const { signal } = new AbortController();
const talk = [
  system('rules'),
  user('first'),
  assistant('one'),
  user('second'),
  assistant('two'),
  user('third'),
];

describe('asking', () => {
  const heard = async (contextWindow: number, reply = 'ok', maxNewTokens = 4) => {
    const seen: (readonly ChatMessage[])[] = [];
    const model = scripted({ contextWindow, reply: (messages) => (seen.push(messages), reply) });
    return { text: await ask(model, talk, { maxNewTokens, signal }), seen };
  };
  const lengthOf = (messages: readonly ChatMessage[]) =>
    scripted({ reply: () => '' })
      .generate(messages, { maxNewTokens: 1 })
      .then(({ promptTokens }) => promptTokens!);

  test('sends a conversation that fits unchanged', async () => {
    expect((await heard(4096)).seen).toEqual([talk]);
  });
  test('drops the oldest exchanges of one that does not fit', async () => {
    const { seen } = await heard((await lengthOf(talk)) - 1);
    expect(seen).toEqual([[talk[0], ...talk.slice(3)]]);
  });
  test('does so too when the context window would cut the reply', async () => {
    const { seen, text } = await heard((await lengthOf(talk)) + 2, 'four');
    expect(text).toBe('four');
    expect(seen.at(-1)).toEqual([talk[0], ...talk.slice(3)]);
  });
  test('throws when the last turn does not fit', async () => {
    await expect(heard(5)).rejects.toMatchObject({ code: 'context-overflow' });
  });
  test('takes seeds from its random stream', async () => {
    const seeds: (string | undefined)[] = [];
    const model = scripted({ reply: (_, { seed }) => (seeds.push(seed), '') });
    const random = createRandom('a');
    const both = [1, 2].map(() => ask(model, 'hi', { maxNewTokens: 1, signal, random }));
    await Promise.all(both);
    const again = createRandom('a');
    expect(seeds).toEqual([seedFrom(again), seedFrom(again)]);
    expect(seeds[0]).not.toBe(seeds[1]);
  });
});

describe('an answer to a conversation that must stay whole', () => {
  test('is null when the conversation does not fit', async () => {
    const small = scripted({ contextWindow: 5, reply: () => expect.unreachable() });
    expect(await answerOf(small, talk, { maxNewTokens: 4, signal })).toBeNull();
  });
  test('throws on any other failure', async () => {
    const gone = AbortSignal.abort();
    const model = scripted({ reply: () => 'ok' });
    await expect(answerOf(model, talk, { maxNewTokens: 4, signal: gone })).rejects.toThrow(/abort/i);
    expect(await answerOf(model, talk, { maxNewTokens: 4, signal })).toBe('ok');
  });
});
