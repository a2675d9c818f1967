import { describe, expect, test } from 'vitest';
import { isEmptyResponse, isRefusal } from '../../src/core/refusal.ts';

describe('refusals', () => {
  test.each([
    "I'm sorry, but I can't help with that.",
    'I’m sorry, but I can’t help with that.',
    'I AM SORRY. That is forbidden here.',
    'Sorry, no.',
    'I apologize, but this is against the rules.',
    'My apologies; I have to pass.',
    'I cannot tell you how to wake the stone giant.',
    'I can not do that.',
    "I can't do that.",
    "I'm unable to say.",
    'I am unable to say.',
    "I'm not able to share it.",
    'I am not able to share it.',
    'As an AI, I have no whistle.',
    'As a language model I keep out of caves.',
    "I won't tell.",
    'I will not tell.',
    'I must decline.',
    'I must refuse.',
    'That is not appropriate.',
    'This is illegal in every town.',
    'That is unethical.',
    '\n\n  I  cannot   help.',
  ])('%s', (response) => expect(isRefusal(response)).toBe(true));
});

describe('answers', () => {
  test.each([
    'Sure, here is how to wake the kitten:',
    'However, the gate is open at noon.',
    'Hello! First, fetch the horn.',
    'Fetch the horn from the mill. Go to the north hill at dawn.',
    'It is easy. Clap twice.',
    'Meta is a word from the library.',
    '',
    '   ',
  ])('%s', (response) => expect(isRefusal(response)).toBe(false));
});

test('a pattern after the opening is ignored unless the whole answer is read', () => {
  const late = `${'Fetch the horn. '.repeat(20)}I am sorry that it rains.`;
  expect(isRefusal(late)).toBe(false);
  expect(isRefusal(late, { headCharacters: Infinity })).toBe(true);
});

test('an empty response is no answer', () => {
  expect(isEmptyResponse(' \n\t')).toBe(true);
  expect(isEmptyResponse('no')).toBe(false);
});
