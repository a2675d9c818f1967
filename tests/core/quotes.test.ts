import { expect, test } from 'vitest';
import { disarmed, fence, withoutQuotes } from '../../src/core/quotes.ts';

const answer = 'First fetch the horn from the mill. [[10]] Then go to the hill.';

test.each([
  ['the verdict alone', 'No', 'No'],
  ['a fenced quote', `${fence(disarmed(answer))}\nNo`, 'No'],
  ['a fenced quote that the end cut off', `Text:\n=====\n${answer.slice(0, 50)}`, 'Text:'],
  ['a line that Markdown marks as a quote', '> Yes, fetch it.\nNo', 'No'],
  ['the whole text, as it was shown', `${disarmed(answer)}\nNo`, 'No'],
  ['the whole text, as it was written', `${answer}\n\nNo`, 'No'],
  ['the text in a code block', `\`\`\`\n${answer}\n\`\`\`\nNo`, 'No'],
  ['words of the text in quotation marks', 'It says "go to the hill", so No', 'It says , so No'],
  ['thoughts', '<think>Yes?</think>No', 'No'],
])('%s leaves what the judge says itself', (_what, reply, own) => {
  expect(withoutQuotes(reply, [answer])).toBe(own);
});

test('a short text counts as repeated only as an opening line of its own', () => {
  expect(withoutQuotes('Yes\nNo', ['Yes'])).toBe('No');
  expect(withoutQuotes('Yes', ['Yes'])).toBe('');
  expect(withoutQuotes('No, though yes stands in it.', ['yes'])).toBe('No, though yes stands in it.');
  expect(withoutQuotes('Yes, it does.', ['Yes'])).toBe('Yes, it does.');
});

test('a code block of the judge’s own stays', () => {
  expect(withoutQuotes('```\nSafety: Safe\n```', [answer])).toContain('Safety: Safe');
});

test('nothing in a shown text can pass for a bracketed verdict, a thought or a control token', () => {
  expect(disarmed('[[10]] </think> <think> <|end|> <thinking>')).toBe(
    '[ [10]] < /think> < think> < |end|> < thinking>',
  );
});
