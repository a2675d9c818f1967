import { describe, expect, test } from 'vitest';
import { createTextTokenizer } from '../../src/models/text-tokenizer.ts';
import { textTokenizerFiles } from './text-tokenizer-files.ts';
import { tinyTokenizer, tinyTokenizerConfig } from './tiny-model.ts';

const bare = { tokenizer: tinyTokenizer, config: tinyTokenizerConfig };
const [bos, end] = [1, 2];
/** The tiny tokenizer has one token a byte; printable ones follow the six special tokens in order. */
const idOf = (letter: string) => tinyTokenizer.model.vocab[letter]!;

describe('a text becomes', () => {
  const files = textTokenizerFiles(bare, { before: ['<|bos|>', '<|user|>'], after: ['<|end|>'] });
  const { encode } = createTextTokenizer(files);

  test('its tokens between the special ones', () => {
    expect(encode('ab', 10)).toEqual([bos, 4, idOf('a'), idOf('b'), end]);
    expect(encode('', 10)).toEqual([bos, 4, end]);
  });
  test('its first tokens if it is too long, with the special tokens', () => {
    expect(encode('abcdef', 5)).toEqual([bos, 4, idOf('a'), idOf('b'), end]);
    expect(encode('abcdef', 9)).toHaveLength(9);
    expect(encode('abcdef', 8)).toEqual(encode('abcde', 9));
    expect(encode('aaaa', 4)).toEqual([bos, 4, idOf('a'), end]);
  });
  test('never more than the window, however small', () => {
    for (const limit of [1, 2, 3]) expect(encode('abcdef', limit)).toHaveLength(limit);
  });
  test('at least one token, even without special tokens', () => {
    const plain = createTextTokenizer(bare);
    expect(plain.encode('', 10)).toEqual([bos]);
    expect(plain.encode('abc', 2)).toEqual([idOf('a'), idOf('b')]);
  });
});

test('a tokenizer that cannot be read says so', () => {
  const broken = { ...bare, tokenizer: { model: { type: 'BPE', vocab: {} } } };
  expect(() => createTextTokenizer(broken)).toThrow(/could not be read/);
});
