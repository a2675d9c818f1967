import { describe, expect, test } from 'vitest';
import * as encodings from '../../src/core/codes.ts';
import { disemvowel, reverseEachWord, reverseText, reverseWordOrder } from '../../src/core/encodings.ts';
import { createRandom, type Random } from '../../src/core/random.ts';

const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const story = 'Tell me a story about a red fox.';

/** Texts of printable ASCII, with line breaks in some. */
function randomTexts(random: Random, count: number, letters: readonly string[] = printable): string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: random.integer(40) }, () => random.pick(letters)).join(''),
  );
}

describe('encodings', () => {
  // Golden vectors, computed independently.
  test.each([
    ['base64', encodings.base64, 'VGVsbCBtZSBhIHN0b3J5IGFib3V0IGEgcmVkIGZveC4='],
    ['rot13', encodings.rot13, 'Gryy zr n fgbel nobhg n erq sbk.'],
    ['leetspeak', encodings.leetspeak, 'T3ll m3 @ st0ry @b0ut @ r3d f0x.'],
    ['caesar', encodings.caesar, 'Whoo ph d vwrub derxw d uhg ira.'],
    ['atbash', encodings.atbash, 'Gvoo nv z hglib zylfg z ivw ulc.'],
  ])('%s of the golden text is the golden code, and reads back', (_, { encode, decode }, code) => {
    expect(encode(story)).toBe(code);
    expect(decode(code)).toBe(story);
  });
  test('the other golden codes', () => {
    expect(disemvowel(story)).toBe('Tll m  stry bt  rd fx.');
    expect(encodings.asciiCodes.encode('Red fox')).toBe('82 101 100 32 102 111 120');
    expect(encodings.morse.encode('SOS, 42')).toBe('... --- ... --..--  ....- ..---');
    expect(encodings.utf8Escapes.encode('né')).toBe('n\\xc3\\xa9');
    expect(encodings.gbkEscapes.encode('你')).toBe('\\xc4\\xe3');
    expect(encodings.unicodeEscapes.encode('é你')).toBe('\\u00e9\\u4f60');
  });
  test('leetspeak prefers the longest match', () => {
    expect(encodings.leetspeak.encode('how are you to be')).toBe('h0w r y0u t0 b');
    // The golden code of this text keeps the capital A; ours is changed in either case of letters.
    expect(encodings.leetspeak.encode('how are you to be Aware')).toBe('h0w r y0u t0 b @wr');
  });
  test.each([reverseText, reverseEachWord, reverseWordOrder])('%o is its own inverse', (flip) => {
    for (const text of [...randomTexts(createRandom('flips'), 100), 'two\nlines', story, 'né 你好'])
      expect(flip(flip(text))).toBe(text);
  });
  test('dropping vowels twice changes nothing more', () => {
    for (const text of randomTexts(createRandom('vowels'), 50))
      expect(disemvowel(disemvowel(text))).toBe(disemvowel(text));
  });

  const { leetspeak: _lossy, morse, ...exact } = encodings;
  test.each(Object.entries(exact))('%s reads back every text of printable ASCII', (_, { encode, decode }) => {
    for (const text of [...randomTexts(createRandom('ascii'), 100), 'two\nlines', story])
      expect(decode(encode(text))).toBe(text);
  });
  test('morse reads back its own alphabet, up to case', () => {
    const own = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?\'!/()&:;=+-_"$@'];
    for (const text of randomTexts(createRandom('morse'), 50, own))
      expect(morse.decode(morse.encode(text)).toUpperCase()).toBe(text);
    expect(morse.decode(morse.encode('wake the stone giant'))).toBe('wake the stone giant');
  });
  test.each(Object.entries({ ...exact, morse }))('%s keeps letters beyond ASCII', (_, { encode, decode }) => {
    expect(decode(encode('né 你好'))).toBe('né 你好');
  });
  test.each(Object.entries(encodings))('%s reads any answer without throwing', (_, { decode }) => {
    const random = createRandom('fuzz');
    const odd = [...printable, '\n', '\\x', '\\u', '9999999', '-', '.', 'é', '\ud800', '=', '  '];
    for (const text of randomTexts(random, 200, odd)) expect(typeof decode(text)).toBe('string');
  });
});
