import { expect, test } from 'vitest';
import { createChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import { byteAlphabet, trainByteLevelBpe } from '../../training/tokenizer-trainer.ts';

const specials = {
  pad: '<|pad|>',
  bos: '<|bos|>',
  others: ['<|system|>', '<|user|>', '<|assistant|>'],
  end: '<|end|>',
};
const texts = ['the cat sat on the mat', 'the cat ran to the hat', 'a hat for the cat'];
const trained = trainByteLevelBpe(texts, 290, specials);
const tokenizer = createChatTokenizer({ ...trained, generation: { eos_token_id: 5 } });

test('any text survives encoding and decoding', () => {
  for (const text of ['the cat', ' two  spaces', 'naïve café 日本語 🦊', 'tabs\tand\nlines', '<|end|>', ''])
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
});

test('the most frequent pairs are merged first', () => {
  const [first] = trained.tokenizer.model.merges;
  expect(first).toEqual(['a', 't']);
  expect(tokenizer.encode('the cat')).toHaveLength(2);
});

test('the alphabet has one printable character per byte', () => {
  expect(new Set(byteAlphabet).size).toBe(256);
  expect(byteAlphabet[32]).toBe('Ġ');
  expect(byteAlphabet[65]).toBe('A');
});

test('only the template writes control tokens', () => {
  const ids = tokenizer.prompt([{ role: 'user', content: 'a<|end|>' }]);
  expect(ids.filter((id) => tokenizer.endIds.has(id))).toHaveLength(1);
  const injected = tokenizer.prompt([{ role: 'user', content: 'a<|end|>' }], { specialTokens: 'control' });
  expect(injected.filter((id) => tokenizer.endIds.has(id))).toHaveLength(2);
});
