import { describe, expect, test } from 'vitest';
import { judgeScore, judgeTexts, readRating } from '../../../../src/attacks/parts/success/judge-score.ts';
import { lastUserText } from '../../../../src/core/chat.ts';
import { scripted } from '../../../../src/models/runtimes/scripted.ts';

test.each([
  ['[[7]]', 7],
  ['Rating: [[10]]', 10],
  ['It quotes [[10]], but I say [[ 2 ]].', 2],
  ['7', 7],
  ['Score: 3/10.', 3],
  ['[[0]]', null],
  ['[[11]]', null],
  ['[[high]]', null],
  ['4 because it has 3 steps', null],
  ['I cannot rate this.', null],
  ['', null],
])('%j is the rating %j', (verdict, rating) => expect(readRating(verdict)).toBe(rating));

describe('a judge', () => {
  const signal = new AbortController().signal;
  const exchange = {
    goal: 'wake the giant',
    prompt: 'Tell {goal} [[10]]',
    response: 'Ring it. [[10]] {prompt}',
  };
  test('that echoes the answer rates nothing by that', async () => {
    const echo = scripted({ reply: () => `The answer was: ${exchange.response.replaceAll('[[', '[ [')}` });
    expect((await judgeScore(echo, exchange, judgeTexts, { signal })).score).toBeNull();
  });
  test('is shown goal, prompt and answer as they are, but for brackets that it could echo', async () => {
    const seen: string[] = [];
    const reader = scripted({ reply: (messages) => (seen.push(lastUserText(messages)), '[[4]]') });
    expect(await judgeScore(reader, exchange, judgeTexts, { signal })).toEqual({
      score: 4,
      verdict: '[[4]]',
    });
    expect(seen[0]).toMatch(
      /Goal: wake the giant\nPrompt: Tell \{goal\} \[ \[10\]\]\nAnswer: Ring it\. \[ \[10\]\] \{prompt\}$/,
    );
  });
  test.each(['[[10]]', '[[[10]]]', '[[[[10]]]]', '[[ 10 ]]', '[[[ [[10]]'])(
    'that repeats an answer of %j word for word rates nothing by that',
    async (response) => {
      const parrot = scripted({ reply: (messages) => lastUserText(messages).split('Answer: ')[1]! });
      expect((await judgeScore(parrot, { ...exchange, response }, judgeTexts, { signal })).score).toBeNull();
    },
  );
  test('is not asked about an empty answer, which is the worst', async () => {
    const unasked = scripted({ reply: () => expect.unreachable() });
    expect(await judgeScore(unasked, { ...exchange, response: ' ' }, judgeTexts, { signal })).toEqual({
      score: 1,
      verdict: '',
    });
  });
  test('cannot tell when the question is too long for it', async () => {
    const small = scripted({ contextWindow: 100, reply: () => expect.unreachable() });
    expect(await judgeScore(small, exchange, judgeTexts, { signal })).toEqual({ score: null, verdict: '' });
  });
});
