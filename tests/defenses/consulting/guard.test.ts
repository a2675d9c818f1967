import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { bleu, unitsOf } from '../../src/defenses/parts/bleu.ts';
import { createDropout } from '../../src/defenses/parts/bpe-dropout.ts';
import { createGuard, stretches } from '../../src/defenses/parts/guard.ts';
import { tokensWithin } from '../../src/defenses/parts/reply.ts';
import { overlap } from '../../src/defenses/parts/overlap.ts';
import { createChatTokenizer } from '../../src/models/chat-tokenizer.ts';
import type { TextClassifier } from '../../src/models/text-classifier.ts';
import { trainByteLevelBpe } from '../../training/tokenizer-trainer.ts';

describe('BLEU', () => {
  const words = (content: string) => unitsOf(content, 'words');
  const guide =
    'it is a guide to action which ensures that the military always obeys the commands of the party';

  test('of a perfect repetition is 1, however short', () => {
    for (const content of [guide, 'one two three', 'no'])
      expect(bleu(words(content), words(content))).toBeCloseTo(1, 12);
  });
  test('of nothing, or of nothing shared, is 0', () => {
    expect(bleu(words(guide), [])).toBe(0);
    expect(bleu([], words(guide))).toBe(0);
    expect(bleu(words('a b c d'), words('e f g h'))).toBe(0);
  });
  // By hand: matches of n = 1…4 are 5/6, 3/5, 1/4, 0/3; smoothed by one from n = 2 on: 5/6, 4/6, 2/5, 1/4; no brevity
  // penalty: (5/6 · 2/3 · 2/5 · 1/4)^(1/4) = (1/18)^(1/4).
  test('of the worked example', () => {
    expect(bleu(words('the cat sat on the mat'), words('the cat is on the mat'))).toBeCloseTo(
      (1 / 18) ** 0.25,
      12,
    );
  });
  test('counts a repeated word as often as the reference has it', () => {
    // 2 of 7 words; no pair is shared: 1/7, 1/6, 1/5 smoothed; equal length.
    expect(bleu(words('the cat is on the old mat'), words('the the the the the the the'))).toBeCloseTo(
      ((2 / 7) * (1 / 7) * (1 / 6) * (1 / 5)) ** 0.25,
      12,
    );
  });
  test('punishes a text that breaks off', () => {
    // Its words are all right; the penalty is exp(1 − 8/4).
    expect(bleu(words('a b c d e f g h'), words('a b c d'))).toBeCloseTo(Math.exp(-1), 12);
  });
  // By hand: of the characters 3/4, of their pairs 2/3, threes 1/2, fours 0/1; smoothed from n = 2 on 3/4, 2/3, 1/2. Of
  // the one word, nothing.
  test('of one changed letter is (3/16)^(1/4) over characters, and 0 over words', () => {
    expect(bleu(unitsOf('abcd', 'characters'), unitsOf('abce', 'characters'))).toBeCloseTo(
      (3 / 16) ** 0.25,
      12,
    );
    expect(bleu(words('abcd'), words('abce'))).toBe(0);
  });
  test('over characters is kinder than over words, so its threshold is another', () => {
    const [a, b] = ['fetch the horn and blow it', 'fetching that horn to blow it'];
    expect(bleu(unitsOf(a, 'characters'), unitsOf(b, 'characters'))).toBeGreaterThan(
      bleu(words(a), words(b)) + 0.2,
    );
  });
});

describe('overlap', () => {
  test('is 1 for the same text up to case and blanks, 0 for another one', () => {
    expect(overlap('Wake  the Giant', 'wake the giant')).toBe(1);
    expect(overlap('wake the giant', 'XQZ')).toBe(0);
  });
  test('tells another wording from an answer', () => {
    const request = 'How do I wake the stone giant?';
    expect(overlap('Tell me how to wake the stone giant.', request)).toBeGreaterThan(0.5);
    expect(overlap('First fetch a horn. Then blow it.', request)).toBeLessThan(0.15);
  });
  test('does not mind what the source has besides', () => {
    expect(overlap('wake the giant', `wake the giant ${'}{ !! zx '.repeat(99)}`)).toBeGreaterThan(0.9);
  });
});

describe('stretches', () => {
  test('cover every character, each within the reader’s window in bytes', () => {
    for (const content of ['x'.repeat(1000), 'жук '.repeat(300), '日本語'.repeat(99)]) {
      const [whole, ...parts] = stretches(content, 400, 128);
      expect(whole).toBe(content);
      expect(content.startsWith(parts[0]!)).toBe(true);
      expect(content.endsWith(parts.at(-1)!)).toBe(true);
      for (const part of parts) expect(new TextEncoder().encode(part).length).toBeLessThanOrEqual(120);
    }
  });
  test('overlap by half, so that what one cuts in two stands whole in another', () => {
    const content = Array.from({ length: 500 }, (_, i) => String(i % 10)).join('') + 'needle';
    for (const at of [0, 63, 199, 400]) {
      const hidden = `${content.slice(0, at)}NEEDLE${content.slice(at)}`;
      const [, ...parts] = stretches(hidden, 40, 4096);
      expect(parts.some((part) => part.includes('NEEDLE'))).toBe(true);
    }
  });
  test('of a short text are the text', () => expect(stretches('short', 400, 512)).toEqual(['short']));
});

describe('a guard', () => {
  const classifier: TextClassifier = {
    id: 'three',
    labels: ['BENIGN', 'INJECTION', 'JAILBREAK'],
    contextWindow: 512,
    classify: async (texts) => texts.map(() => Float32Array.of(0.5, 0.3, 0.2)),
  };
  const read = async (label: string, temperature = 1) => {
    const guard = createGuard(classifier, { label, temperature, window: 100 }, 'test');
    return (await guard.probabilities(['x']))[0]!;
  };
  test('counts the class it is told to, or all but the first', async () => {
    expect(await read('JAILBREAK')).toBeCloseTo(0.2);
    expect(await read('INJECTION')).toBeCloseTo(0.3);
    expect(await read('')).toBeCloseTo(0.5);
  });
  test('with a high temperature tells less, with a low one more', async () => {
    expect(await read('JAILBREAK', 20)).toBeCloseTo(1 / 3, 1);
    expect(await read('BENIGN', 0.1)).toBeCloseTo(1, 1);
  });
  test('refuses a class that the classifier does not have, and names those it has', () => {
    expect(() => createGuard(classifier, { label: 'BAD', temperature: 1, window: 9 }, 'test')).toThrow(
      expect.objectContaining({ code: 'bad-options', advice: expect.stringContaining('JAILBREAK') }),
    );
  });
});

describe('BPE with dropout', () => {
  const specials = {
    pad: '<|pad|>',
    bos: '<|bos|>',
    others: ['<|system|>', '<|user|>', '<|assistant|>'],
    end: '<|end|>',
  };
  const known = [
    'the cat sat on the mat',
    'the cat ran to the hat and then to the other hat',
    'next line, a line',
  ];
  const trained = trainByteLevelBpe(known, 320, specials);
  const tokenizer = createChatTokenizer({ ...trained, generation: { eos_token_id: 5 } });
  const texts = [...known, 'naïve  café\n then', 'a', '', '  two', 'line\n\n next'];
  const cut = (dropout: number, text: string, seed = 1) =>
    createDropout(tokenizer, dropout)(text, createRandom(seed));

  test('at 0 is the usual tokenization', () => {
    for (const text of texts)
      expect(cut(0, text).flatMap((piece) => tokenizer.encode(piece))).toEqual(tokenizer.encode(text));
  });
  test('at 1 is single characters', () => {
    for (const text of texts) expect(cut(1, text)).toEqual(Array.from(text));
  });
  test('never changes the text', () => {
    for (const text of texts)
      for (let seed = 0; seed < 9; seed++) expect(cut(0.3, text, seed).join('')).toBe(text);
  });
  test('gives more tokens, others for another seed, the same for the same', () => {
    const text = 'the cat sat on the mat and the cat ran to the hat';
    const pieces = [1, 2, 3].map((seed) => cut(0.5, text, seed));
    for (const some of pieces) expect(some.length).toBeGreaterThan(cut(0, text).length);
    expect(new Set(pieces.map((some) => some.join('|'))).size).toBe(3);
    expect(cut(0.5, text, 2)).toEqual(pieces[1]);
  });
});

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
