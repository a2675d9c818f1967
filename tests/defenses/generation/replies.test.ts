import { expect, test } from 'vitest';
import { tokensWithin } from '../../../src/defenses/generation/replies.ts';

test('tokens of a part of an answer are those that wrote it', () => {
  const token = (text: string) => ({ id: 0, text, logProb: 0, top: [] });
  const reply = {
    text: 'think: yes',
    tokens: ['thi', 'nk', ': y', 'es'].map(token),
    finishReason: 'end' as const,
    promptTokens: 1,
    completionTokens: 4,
    events: [],
  };
  expect(tokensWithin(reply, 7, 10).map(({ text }) => text)).toEqual([': y', 'es']);
  expect(tokensWithin({ ...reply, text: 'other' }, 0, 9)).toEqual([]);
});
