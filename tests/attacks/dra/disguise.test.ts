import { describe, expect, test } from 'vitest';
import { dra } from '../../../src/attacks/dra.ts';
import { hiddenLetters, plainFragments, sensitiveFragments } from '../../../src/attacks/dra/disguise.ts';
import { createRandom, type Random } from '../../../src/core/random.ts';
import { hiddenTextOf } from './hidden-text.ts';

const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

const randomTexts = (random: Random, count: number): string[] =>
  Array.from({ length: count }, () =>
    Array.from({ length: random.integer(40) }, () => random.pick(printable)).join(''),
  );

describe('the disguise', () => {
  const words = ['apple', 'box', 'wind', 'sun'];
  test('hides every printable text so that its letters can be read back', () => {
    const random = createRandom('hidden');
    for (const text of [...randomTexts(random, 100), printable.join('')])
      expect(hiddenTextOf(hiddenLetters(text, words, random))).toBe(text.toLowerCase().replace(/\s+/g, ' '));
  });
  test('every letter is hidden in a word that contains it', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const lines = hiddenLetters(
      letters.join(''),
      dra.templates!.compact['letters']!,
      createRandom('abc'),
    ).split('\n');
    lines.forEach((line, i) => {
      expect(line).toMatch(new RegExp(`^[a-z]*\\(${letters[i]}\\)[a-z]*$`));
      expect(line.length).toBeGreaterThan('(a)'.length);
    });
  });
  test('cuts words into heads and tails that are never empty', () => {
    const random = createRandom('cut');
    for (const fragments of [sensitiveFragments, plainFragments])
      for (const word of ['a', 'it', 'cat', 'fox.', 'wake', 'stone', 'giant?', 'thunderstorms'])
        for (const keep of [0.001, 0.1, 0.5, 0.9, 0.999])
          for (let i = 0; i < 20; i++) {
            const [head, tail] = fragments(word, keep, random);
            expect(head).not.toBe('');
            expect(word.startsWith(head!)).toBe(true);
            if (tail !== undefined) expect(head! + tail).toBe(word);
          }
  });
  test('never shows a content word of three letters or more in one piece', () => {
    const random = createRandom('telling');
    for (const word of ['cat', 'wake', 'stone', 'thunder'])
      for (const shown of [word, `${word}?`, `${word}?!`, `"${word}".`])
        for (let i = 0; i < 20; i++)
          for (const fragment of sensitiveFragments(shown, 0.999, random))
            expect(fragment).not.toContain(word);
  });
});
