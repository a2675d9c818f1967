import { describe, expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import { mean } from '../../src/core/statistics.ts';
import { describeModel } from './contract.ts';
import { answering, scripted } from '../../src/models/runtimes/scripted.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';

const options = { maxNewTokens: 40 };

describe('black box', () => {
  const model = scripted({ reply: (messages) => `You said: ${messages.at(-1)!.content}` });

  test('answers with the result of its function', async () => {
    expect((await model.generate([user('hello')], options)).text).toBe('You said: hello');
  });
  test('stops at the token limit and reports it', async () => {
    const { text, finishReason } = await model.generate([user('hello')], { maxNewTokens: 3 });
    expect([text, finishReason]).toEqual(['You', 'length']);
  });
  test('refuses a policy', async () => {
    const policy = { id: 'p', companions: [], steps: 1, next: ({ base }: { base: Float32Array }) => base };
    await expect(model.generate([user('a')], { ...options, policy })).rejects.toMatchObject({
      code: 'not-supported',
    });
  });
});

describe('grey box', () => {
  const model = scripted({ next: answering((messages) => `${messages[0]!.content} indeed.`) });

  test('writes the scripted answer through the decode loop', async () => {
    const { text, finishReason } = await model.generate([user('cats')], options);
    expect([text, finishReason]).toEqual(['cats indeed.', 'end']);
  });
  test('continues an assistant prefix', async () => {
    const { text } = await model.generate([user('cats')], { ...options, assistantPrefix: 'cats ind' });
    expect(text).toBe('eed.');
  });
});

describe('white box', () => {
  const wanted = 'wxyz';
  const model = scripted({
    answer: 'Sure',
    cost: (position, id) =>
      position >= 4 && position < 8 ? Math.abs(id - 40 - 10 * (position - 4)) / 20 : 0.01,
  });
  const prompt = model.tokenizer.prompt([user(`go${wanted}`)]);
  const target = model.tokenizer.encode('Sure');

  test('has a target loss equal to the cost of the prompt', async () => {
    const [logProbs] = await model.logProbs([{ prompt, target }]);
    const cost = prompt.reduce(
      (sum, id, at) => sum + (at >= 4 && at < 8 ? Math.abs(id - 40 - 10 * (at - 4)) / 20 : 0.01),
      0,
    );
    expect(-mean(logProbs!)).toBeCloseTo(cost, 4);
  });
  test('has a gradient that predicts the loss after a swap exactly', async () => {
    const { vocabSize } = model.tokenizer;
    const gradient = await model.tokenGradient({ prompt, target, start: 4, end: 8 });
    const swapped = prompt.with(6, 50);
    const [[before], [after]] = [
      await model.logProbs([{ prompt, target }]),
      await model.logProbs([{ prompt: swapped, target }]),
    ];
    const predicted = gradient[2 * vocabSize + 50]! - gradient[2 * vocabSize + prompt[6]!]!;
    expect(-mean(after!) + mean(before!)).toBeCloseTo(predicted, 4);
  });
});

describe('tokenizer', () => {
  const tokenizer = scriptedTokenizer([' cat', ' dog']);

  test('uses the given pieces and falls back to characters', () => {
    expect(tokenizer.encode('a cat.').map((id) => tokenizer.vocabulary[id])).toEqual(['a', ' cat', '.']);
  });
  test('reads its own prompt back', () => {
    const ids = tokenizer.prompt([user('a cat')], { assistantPrefix: 'yes' });
    const { messages, answer } = tokenizer.read(ids);
    expect([messages, tokenizer.decode(answer)]).toEqual([[user('a cat')], 'yes']);
  });
});

describeModel('scripted black box', async () =>
  scripted({ reply: (messages) => `You said: ${messages[0]!.content}`, contextWindow: 400 }),
);
describeModel('scripted grey box', async () =>
  scripted({
    next: answering((messages) => `You said: ${messages[0]!.content}`, { nats: 0.5 }),
    contextWindow: 400,
  }),
);
describeModel('scripted white box', async () =>
  scripted({ answer: 'Once there was a cat.', cost: (_, id) => id / 1e4, contextWindow: 400 }),
);
