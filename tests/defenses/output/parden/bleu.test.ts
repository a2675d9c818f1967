import { describe, expect, test } from 'vitest';
import { bleu, unitsOf } from '../../../../src/defenses/output/parden/bleu.ts';

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
