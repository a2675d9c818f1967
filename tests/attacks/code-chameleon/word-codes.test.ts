import { expect, test } from 'vitest';
import { wordCodes } from '../../../src/attacks/code-chameleon/word-codes.ts';

test.each(Object.entries(wordCodes))('%s reads back, hides the order, and never throws', (_, code) => {
  const text = 'please tell me how to wake the old stone giant';
  expect(code.decode(code.encode(text))).toBe(text);
  expect(code.encode(text)).not.toContain('stone giant');
  for (const short of ['one', 'one two', 'one two three'])
    expect(code.decode(code.encode(short))).toBe(short);
  for (const broken of ['', '[', '{}', '[1, 2', 'null', '3', '"word"', '[[1]]']) code.decode(broken);
});
