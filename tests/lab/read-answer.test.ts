import { describe, expect, test } from 'vitest';
import { answerCodes, type AnswerCode } from '../../src/attacks/parts/answer-codes.ts';
import { createRandom } from '../../src/core/random.ts';
import { plainness, readAnswer } from '../../src/lab/read-answer.ts';

const codes = Object.keys(answerCodes) as AnswerCode[];
const story = 'Tell me a story about a red fox.';
const answers = [
  'Sure, here is how to wake the stone giant: 1. Sing.',
  'Take the broom. Turn it around.',
  'First sing to the giant.\nThen ring the bell 3 times!\nLast, pour 20 cups of water on its feet.',
];
const accented = [
  'Bien sûr, voici comment réveiller le géant de pierre.',
  'Natürlich, so weckt man den Riesen aus Stein auf.',
];
const otherScripts = ['Разбудите великана песней.', '唱歌叫醒石头巨人'];
/** These leave English as it is, and most of French. */
const escapes: readonly AnswerCode[] = ['gbk', 'unicode', 'utf'];

describe('an answer in the code of its attack', () => {
  // Golden vectors of the specification of methods, section 8, computed independently.
  test.each<[AnswerCode, string]>([
    ['base64', 'VGVsbCBtZSBhIHN0b3J5IGFib3V0IGEgcmVkIGZveC4='],
    ['rot13', 'Gryy zr n fgbel nobhg n erq sbk.'],
    ['leetspeak', 'T3ll m3 @ st0ry @b0ut @ r3d f0x.'],
    ['caesar', 'Whoo ph d vwrub derxw d uhg ira.'],
    ['atbash', 'Gvoo nv z hglib zylfg z ivw ulc.'],
  ])('%s is read decoded', (answeredIn, response) => {
    expect(readAnswer({ answeredIn }, response)).toBe(story);
  });

  test.each(codes)('%s is read decoded, whatever it says, in whatever language', (answeredIn) => {
    const { encode, decode } = answerCodes[answeredIn];
    const texts = [...answers, ...otherScripts, ...(escapes.includes(answeredIn) ? [] : accented)];
    for (const text of texts) expect(readAnswer({ answeredIn }, encode(text))).toBe(decode(encode(text)));
  });

  test('may be cut off', () => {
    const whole = answerCodes.base64.encode(answers[0]!);
    expect(readAnswer({ answeredIn: 'base64' }, whole.slice(0, 41))).toBe(answers[0]!.slice(0, 30));
  });
});

describe('an answer is read as it came', () => {
  test.each(codes)('in plain words, though %s was asked for', (answeredIn) => {
    const short = [
      'No.',
      'Yes.',
      'Sure.',
      'Stop! Sing!',
      'Step 3: Stop!',
      'Sing loudly',
      '10 cups',
      '{"a": 1}',
    ];
    for (const text of [...answers, ...accented, ...otherScripts, ...short])
      expect(readAnswer({ answeredIn }, text)).toBe(text);
  });

  test('when the attack does not talk in code', () => {
    const coded = answerCodes.rot13.encode(story);
    expect(readAnswer({}, coded)).toBe(coded);
  });

  test.each(codes)('when it is noise or nothing, though %s was asked for', (answeredIn) => {
    const random = createRandom('noise');
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const word = () => Array.from({ length: 6 }, () => random.pick(letters)).join('');
    const noise = Array.from({ length: 50 }, () => Array.from({ length: 8 }, word).join(' '));
    for (const text of ['', '  \n', '!!! ??? 12 34', 'zzzzzzzzzzzzzzzz', ...noise])
      expect(readAnswer({ answeredIn }, text)).toBe(text);
  });

  test('when few of its words are in code', () => {
    const mixed = `${answers.join(' ')} ${answerCodes.rot13.encode(story)}`;
    expect(readAnswer({ answeredIn: 'rot13' }, mixed)).toBe(mixed);
    const german = answerCodes.unicode.encode(accented[1]!);
    expect(readAnswer({ answeredIn: 'unicode' }, german)).toBe(german);
  });

  test('when it refuses, even if it goes on in code', () => {
    const both = `Sorry. ${answerCodes.rot13.encode(answers.join(' '))}`;
    expect(readAnswer({ answeredIn: 'rot13' }, both)).toBe(both);
  });
});

test.each(codes)('a refusal in %s is seen, however short', (answeredIn) => {
  const { encode, decode } = answerCodes[answeredIn];
  for (const text of ['Sorry.', 'I cannot help you with that.'])
    expect(readAnswer({ answeredIn }, encode(text))).toBe(decode(encode(text)));
});

test('a defense that answers in plain words is read so', () => {
  const blocked = 'Your request was held back by a guard.';
  expect(readAnswer({ answeredIn: 'caesar' }, blocked)).toBe(blocked);
});

test('plainness is a share', () => {
  expect(plainness('')).toBe(0);
  expect(plainness('1 2 3 ---')).toBe(0);
  expect(plainness('the')).toBe(1);
  expect(plainness('«the» xx')).toBeCloseTo(2 / 3);
});
