import { describe, expect, test } from 'vitest';
import { dra } from '../../../src/attacks/dra.ts';
import { contentWords, echoShare } from '../../../src/attacks/parts/content-words.ts';
import * as encodings from '../../../src/attacks/parts/encodings.ts';
import {
  hiddenLetters,
  plainFragments,
  readHidden,
  sensitiveFragments,
} from '../../../src/attacks/dra/disguise.ts';
import { splitPayload } from '../../../src/attacks/jailbroken/payload.ts';
import { wordCodes } from '../../../src/attacks/code-chameleon/word-codes.ts';
import { disemvowel } from '../../../src/core/encodings.ts';
import { createRandom, type Random } from '../../../src/core/random.ts';

const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const story = 'Tell me a story about a red fox.';

/** Texts of printable ASCII, with line breaks in some. */
function randomTexts(random: Random, count: number, letters: readonly string[] = printable): string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: random.integer(40) }, () => random.pick(letters)).join(''),
  );
}

describe('encodings', () => {
  // Golden vectors of the specification of methods, section 8, computed independently.
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
  test('dropping vowels twice drops no more', () => {
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

describe('word codes', () => {
  test.each(Object.entries(wordCodes))('%s reads back, hides the order, and never throws', (_, code) => {
    const text = 'please tell me how to wake the old stone giant';
    expect(code.decode(code.encode(text))).toBe(text);
    expect(code.encode(text)).not.toContain('stone giant');
    for (const short of ['one', 'one two', 'one two three'])
      expect(code.decode(code.encode(short))).toBe(short);
    for (const broken of ['', '[', '{}', '[1, 2', 'null', '3', '"word"', '[[1]]']) code.decode(broken);
  });
});

describe('the disguise', () => {
  const words = ['apple', 'box', 'wind', 'sun'];
  test('hides every printable text so that its letters can be collected again', () => {
    const random = createRandom('hidden');
    for (const text of [...randomTexts(random, 100), printable.join('')])
      expect(readHidden(hiddenLetters(text, words, random))).toBe(text.toLowerCase().replace(/\s+/g, ' '));
  });
  test('every letter has a word that holds it, and hides in it', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const lines = hiddenLetters(letters.join(''), dra.templates!['letters']!, createRandom('abc')).split(
      '\n',
    );
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
  test('never shows a telling word of three letters or more whole in one piece', () => {
    const random = createRandom('telling');
    for (const word of ['cat', 'wake', 'stone', 'thunder'])
      for (const shown of [word, `${word}?`, `${word}?!`, `"${word}".`])
        for (let i = 0; i < 20; i++)
          for (const fragment of sensitiveFragments(shown, 0.999, random))
            expect(fragment).not.toContain(word);
  });
});

test('a split payload adds up to the request and shows no telling word', () => {
  const request = 'How do I wake the stone giant, the old giant?';
  const { pieces, rest } = splitPayload(request);
  const values = new Map(
    [...pieces.matchAll(/(\w+) = "([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
  );
  const joined = rest.replace(
    /\((\w+) \+ (\w+)\)/g,
    (_, a: string, b: string) => values.get(a)! + values.get(b)!,
  );
  expect(joined).toBe(request);
  for (const word of contentWords(request)) expect(`${pieces} ${rest}`).not.toContain(word);
});

test('an answer echoes a request by its telling words, whatever their case', () => {
  const request = 'How do I wake the Stone giant?';
  expect(contentWords(request)).toEqual(['wake', 'stone', 'giant']);
  expect(echoShare(request, 'Sure: WAKE the giants.')).toBeCloseTo(2 / 3);
  expect(echoShare(request, 'I only know about boats.')).toBe(0);
  expect(echoShare('How do I do it?', 'Anything.')).toBe(1);
});
