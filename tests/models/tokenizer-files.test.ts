import { describe, expect, test } from 'vitest';
import { user } from '../../src/core/chat.ts';
import { LabError } from '../../src/core/errors.ts';
import { createChatTokenizer, type TokenizerFiles } from '../../src/models/chat-tokenizer.ts';
import { createTextTokenizer } from '../../src/models/text-tokenizer.ts';
import { tinyTokenizer, tinyTokenizerConfig } from './tiny-model.ts';

const files = (tokenizer: object = {}, config: object = {}, generation: object = {}) =>
  ({
    tokenizer: { ...tinyTokenizer, ...tokenizer },
    config: { ...tinyTokenizerConfig, ...config },
    generation: { eos_token_id: [2], ...generation },
  }) as unknown as TokenizerFiles;

const { model } = tinyTokenizer;
const replace = (content: string, pattern: object = { String: 'a' }) => ({
  type: 'Replace',
  pattern,
  content,
});
const [token] = tinyTokenizer.added_tokens;

describe('a tokenizer file is refused, with the path', () => {
  test.each<[string, object, RegExp]>([
    [
      'an added token that is no text',
      { added_tokens: [{ ...token, content: 7 }] },
      /added_tokens\.0\.content/,
    ],
    ['an added token without an id', { added_tokens: [{ content: 'a' }] }, /added_tokens\.0\.id/],
    ['an empty added token', { added_tokens: [{ ...token, content: '' }] }, /added_tokens\.0\.content/],
    ['added tokens that are no list', { added_tokens: 'x' }, /added_tokens/],
    ['no vocabulary', { model: { ...model, vocab: undefined } }, /model\.vocab/],
    ['an id that is no number', { model: { ...model, vocab: { a: 'x' } } }, /model\.vocab\.a: .*id/],
    ['an id out of all proportion', { model: { ...model, vocab: { a: 4e9 } } }, /model\.vocab\.a/],
    ['merges that are no list', { model: { ...model, merges: {} } }, /model\.merges/],
    ['a merge that is no pair', { model: { ...model, merges: [['a', 'b'], ['a']] } }, /model\.merges\.1/],
    ['a step of no kind', { pre_tokenizer: {} }, /pre_tokenizer\.type/],
    ['a step of an unknown kind', { normalizer: { type: 'Magic' } }, /Magic/],
    ['pieces of no length, without end', { pre_tokenizer: { type: 'FixedLength', length: 0 } }, /length/],
    ['a template without parts', { post_processor: { type: 'TemplateProcessing' } }, /post_processor/],
    [
      'steps that multiply a text',
      { normalizer: { type: 'Sequence', normalizers: Array(20).fill(replace('aa')) } },
      /times as long/,
    ],
    ['a content that stands for the text around it', { normalizer: replace("$'$'") }, /cannot be a content/],
    [
      'steps within steps without end',
      {
        normalizer: JSON.parse(
          `${'{"type":"Sequence","normalizers":['.repeat(9999)}${']}'.repeat(9999)}`,
        ) as object,
      },
      /20 levels/,
    ],
  ])('%s', (_, change, path) => {
    for (const create of [createChatTokenizer, createTextTokenizer]) {
      const work = () => create(files(change));
      expect(work).toThrow(LabError);
      expect(work).toThrow(path);
    }
  });
});

test('special tokens and ends of the wrong type are refused', () => {
  expect(() => createChatTokenizer(files({}, { bos_token: 7 }))).toThrow(/tokenizer_config\.json.*bos_token/);
  expect(() => createChatTokenizer(files({}, {}, { eos_token_id: 'x' }))).toThrow(/eos_token_id/);
  expect(createChatTokenizer(files({}, {}, { eos_token_id: 2 })).endIds).toEqual(new Set([2]));
  expect(createChatTokenizer(files({}, {}, { eos_token_id: null })).endIds).toEqual(new Set([2]));
});

test('steps that replace one character by another are no danger', () => {
  const normalizers = [replace('▁', { String: ' ' }), { type: 'Prepend', prepend: '▁' }, { type: 'NFKC' }];
  const tokenizer = createChatTokenizer(files({ normalizer: { type: 'Sequence', normalizers } }));
  expect(tokenizer.prompt([user('a b')]).length).toBeGreaterThan(5);
});
