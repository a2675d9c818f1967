import { describe, expect, test } from 'vitest';
import {
  flipCase,
  insertCharacters,
  misspellWords,
  scrambleWords,
  shiftCharacters,
  swapNeighbors,
} from '../../../src/attacks/parts/text-edits.ts';
import { createRandom } from '../../../src/core/random.ts';

const text = 'Tell me a  story about the\nred fox, 3 times! ~ é';
const edits = { flipCase, insertCharacters, misspellWords, scrambleWords, shiftCharacters, swapNeighbors };
const letters = (from: string) => [...from].toSorted().join('');

describe.each(Object.entries(edits))('%s', (_, edit) => {
  test('with probability 0 changes nothing', () => expect(edit(text, 0, createRandom(1))).toBe(text));
  test('changes something at 1, the same for the same seed', () => {
    const edited = edit(text, 1, createRandom(1));
    expect(edited).not.toBe(text);
    expect(edit(text, 1, createRandom(1))).toBe(edited);
  });
});

test('scrambling keeps the first and last letter of a word, and short words whole', () => {
  const words = scrambleWords(text, 1, createRandom(3)).split(/\s+/);
  text.split(/\s+/).forEach((word, i) => {
    expect(letters(words[i]!)).toBe(letters(word));
    expect(words[i]![0]).toBe(word[0]);
    expect(words[i]!.at(-1)).toBe(word.at(-1));
    if (word.length <= 3) expect(words[i]).toBe(word);
  });
});
test('flipping case twice restores the text', () => {
  expect(flipCase(text, 1, createRandom(1))).toBe('tELL ME A  STORY ABOUT THE\nRED FOX, 3 TIMES! ~ É');
  expect(flipCase(flipCase(text, 1, createRandom(1)), 1, createRandom(2))).toBe(text);
});
test('shifting moves a character by one and stays printable', () => {
  const shifted = shiftCharacters(text, 1, createRandom(5));
  [...text].forEach((character, i) => {
    const [before, after] = [character.charCodeAt(0), shifted.charCodeAt(i)];
    const printable = before >= 0x20 && before <= 0x7e;
    expect(Math.abs(after - before)).toBeLessThanOrEqual(printable ? 1 : 0);
    if (printable) expect(after).toBeGreaterThanOrEqual(0x20);
    if (printable) expect(after).toBeLessThanOrEqual(0x7e);
  });
});
test('swapping neighbors keeps the words, and blanks in place', () => {
  const swapped = swapNeighbors(text, 0.5, createRandom(9));
  expect(swapped.split(/\s+/).toSorted()).toEqual(text.split(/\s+/).toSorted());
  expect(swapped.match(/\s+/g)).toEqual(text.match(/\s+/g));
});
test('inserted characters leave the text readable between them', () => {
  expect(insertCharacters(text, 1, createRandom(1), ['·']).replaceAll('·', '')).toBe(text);
});
test('a probability is a share of words or characters', () => {
  const long = 'a'.repeat(20_000);
  const flipped = flipCase(long, 0.3, createRandom(1)).replaceAll('a', '').length / long.length;
  expect(flipped).toBeCloseTo(0.3, 1);
});
