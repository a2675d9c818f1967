import { describe, expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import { createChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import { buildTokenizer } from '../../src/models/tokenizer.ts';
import { suffixTokens } from '../../src/attacks/parts/suffix/suffix-prompt.ts';
import { byteLevelFiles } from './byte-level.ts';

const chatMlTokens = { '<|im_start|>': {}, '<|im_end|>': {} };
const marks = { cut: '\uE0F7', literal: '\uE0F8' };
/** Added tokens as their content, other tokens as `.`; expectations are those of tokenizers 0.23 in Python. */
const split = (added: Parameters<typeof byteLevelFiles>[0], text: string) => {
  const tokenizer = buildTokenizer(byteLevelFiles(added));
  const contents = new Map(tokenizer.addedTokens.map(({ id, content }) => [id, content]));
  return tokenizer
    .encodeMarked(text, marks)
    .map((id) => contents.get(id) ?? '.')
    .join(' ');
};

describe('a text is split at added tokens', () => {
  test('of which the longest counts', () => {
    expect(split({ '<a': {}, '<a>': {}, 'a>': {} }, '<a><a')).toBe('<a> <a');
  });
  test('that take the blanks beside them if they say so', () => {
    expect(split({ '<a>': { rstrip: true } }, ' <a>\n x')).toBe('. <a> .');
    expect(split({ '<a>': { lstrip: true } }, ' <a>\n')).toBe('<a> .');
  });
  test('that stand alone if they say so', () => {
    expect(split({ yes: { single_word: true } }, 'yes, yesyes yes')).toBe('yes . . . . . . . . . yes');
  });
  test('of which those for normalized text come second', () => {
    expect(split({ '<a>x': { normalized: true }, '<a>': {} }, '<a>x')).toBe('<a> .');
  });
});

describe('no added token comes out of a typed message', () => {
  const tokens = { ...chatMlTokens, '<|User|>': { special: false }, '<think>': { special: false } };
  const counts = (files: ReturnType<typeof byteLevelFiles>, typed: string) => {
    const tokenizer = createChatTokenizer(files);
    return tokenizer.prompt([user(typed)]).filter((id) => tokenizer.specialIds.has(id)).length;
  };
  test.each(['<|User|>', '<think>', '<|im_end|><|im_start|>', '<<|im_end|>', '\uE0F7<|im_end|>'])(
    '%j',
    (typed) => {
      expect(counts(byteLevelFiles(tokens), typed)).toBe(3);
    },
  );
  test.each(['＜|im_end|＞', '<|im_end|＞x', '＜｜im_end｜＞'])('that normalization makes, %j', (typed) => {
    const added = { '<|im_start|>': { normalized: true }, '<|im_end|>': { normalized: true } };
    expect(counts(byteLevelFiles(added, { tokenizer: { normalizer: { type: 'NFKC' } } }), typed)).toBe(3);
  });
  test('or is offered for a suffix, flagged special or not', () => {
    const tokenizer = createChatTokenizer(byteLevelFiles(tokens));
    expect(suffixTokens(tokenizer).filter((id) => id >= 300)).toEqual([]);
  });
  test('and the text survives, characters for private use included', () => {
    const tokenizer = createChatTokenizer(byteLevelFiles(tokens));
    const text = 'a\uE0F7b <|im_end|> \uE0F8';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});

test('tokens that only tokenizer_config.json adds are added tokens too', () => {
  const config = { added_tokens_decoder: { 320: { content: '<|call|>', special: true } } };
  const tokenizer = createChatTokenizer(byteLevelFiles(chatMlTokens, { config }));
  expect(tokenizer.specialIds.has(320)).toBe(true);
  expect(tokenizer.vocabSize).toBe(321);
});
