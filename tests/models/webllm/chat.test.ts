import type { ChatCompletionChunk, ChatCompletionRequestStreaming } from '@mlc-ai/web-llm';
import { expect, test } from 'vitest';
import { system, user } from '../../../src/core/chat.ts';
import { seedNumber } from '../../../src/core/random.ts';
import { turn } from '../../../src/models/decoding/join.ts';
import { fromWebLlm, type ChatEngine } from '../../../src/models/runtimes/webllm/chat.ts';

/** An engine with web-llm's chat API that answers word by word. */
function engineOf(words: readonly string[], finishReason: 'stop' | 'length' = 'stop') {
  const asked: ChatCompletionRequestStreaming[] = [];
  let [running, interrupted] = [0, false];
  const chunk = (parts: object) => ({ choices: [], ...parts }) as unknown as ChatCompletionChunk;
  async function* answer() {
    expect(running++, 'one request at a time').toBe(0);
    for (const word of words) {
      await turn();
      if (interrupted) break;
      const logprobs = { content: [{ logprob: -0.5 }] };
      yield chunk({ choices: [{ delta: { content: word }, finish_reason: null, logprobs }] });
    }
    yield chunk({ choices: [{ delta: {}, finish_reason: finishReason }] });
    yield chunk({ usage: { prompt_tokens: 5, completion_tokens: words.length } });
    running--;
    interrupted = false;
  }
  const engine = {
    chat: {
      completions: {
        create: async (request: ChatCompletionRequestStreaming) => {
          asked.push(request);
          return answer();
        },
      },
    },
    interruptGenerate: async () => void (interrupted = true),
  } as unknown as ChatEngine;
  return { engine, asked };
}

test('a request and its answer go through the chat API of the engine', async () => {
  const { engine, asked } = engineOf(['Stir ', 'the ', 'mist.'], 'length');
  const model = fromWebLlm(engine, { model: 'Toy-MLC' });
  const seen: string[] = [];
  const reply = await model.generate([system('Be kind.'), user('How?')], {
    maxNewTokens: 3,
    sampling: { temperature: 0.7, topP: 0.9 },
    seed: 'a',
    stop: ['\n'],
    onToken: ({ logProb }, text) => seen.push(`${logProb} ${text}`),
  });
  expect(reply).toMatchObject({
    text: 'Stir the mist.',
    finishReason: 'length',
    promptTokens: 5,
    completionTokens: 3,
  });
  expect(seen).toEqual(['-0.5 Stir ', '-0.5 Stir the ', '-0.5 Stir the mist.']);
  expect(asked[0]).toMatchObject({
    model: 'Toy-MLC',
    messages: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'How?' },
    ],
    max_tokens: 3,
    temperature: 0.7,
    top_p: 0.9,
    seed: seedNumber('a'),
    stop: ['\n'],
  });
});

test('thoughts are no part of the answer', async () => {
  const { engine } = engineOf(['<think>\nHm.', '\n</think>\n\n', 'Yes.']);
  expect(await fromWebLlm(engine).generate([user('Well?')], { maxNewTokens: 9 })).toMatchObject({
    text: 'Yes.',
    thoughts: 'Hm.',
  });
});

test('requests take turns, and an abort interrupts its own alone', async () => {
  const { engine } = engineOf(['a', 'b', 'c', 'd']);
  const model = fromWebLlm(engine);
  const stop = new AbortController();
  const first = model.generate([user('1')], {
    maxNewTokens: 9,
    signal: stop.signal,
    onToken: (_, text) => text === 'ab' && stop.abort(),
  });
  const second = model.generate([user('2')], { maxNewTokens: 9 });
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  expect((await second).text).toBe('abcd');
});

test('what the chat API cannot do is refused', async () => {
  const model = fromWebLlm(engineOf(['x']).engine);
  for (const more of [
    { assistantPrefix: 'Sure' },
    { sampling: { temperature: 1, topP: 1, topK: 5 } },
    { forced: [1] },
    { specialTokens: 'control' as const },
  ])
    await expect(model.generate([user('?')], { maxNewTokens: 1, ...more })).rejects.toMatchObject({
      code: 'not-supported',
    });
});

test('a failure of the engine says what to do', async () => {
  const engine = {
    chat: {
      completions: {
        create: () => Promise.reject(Object.assign(new Error('gone'), { name: 'DeviceLostError' })),
      },
    },
    interruptGenerate: async () => {},
  } as unknown as ChatEngine;
  await expect(fromWebLlm(engine).generate([user('?')], { maxNewTokens: 1 })).rejects.toMatchObject({
    code: 'device-lost',
  });
});
