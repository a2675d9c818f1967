import { describe, expect, test } from 'vitest';
import { answerCodes, type AnswerCode } from '../../../src/attacks/parts/answered-in.ts';
import { lastUserText } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { fromTinnish, toTinnish } from '../../../training/corpus/tinnish.ts';
import { plainness, readAnswer } from '../../../src/attacks/parts/read-answer.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';

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
const { signal } = new AbortController();
/** What evaluators judge of an answer in code, for which nobody is asked. */
const read = async (
  { answeredIn }: { readonly answeredIn?: AnswerCode },
  response: string,
): Promise<string> => {
  const role = () => {
    throw new Error('Somebody was asked.');
  };
  return (await readAnswer(answeredIn ? { answeredIn } : {}, response, { role, signal })).text;
};
/** These leave English as it is, and most of French. */
const escapes: readonly AnswerCode[] = ['gbk', 'unicode', 'utf'];

describe('an answer in the code of its attack', () => {
  // Golden vectors, computed independently.
  test.each<[AnswerCode, string]>([
    ['base64', 'VGVsbCBtZSBhIHN0b3J5IGFib3V0IGEgcmVkIGZveC4='],
    ['rot13', 'Gryy zr n fgbel nobhg n erq sbk.'],
    ['leetspeak', 'T3ll m3 @ st0ry @b0ut @ r3d f0x.'],
    ['caesar', 'Whoo ph d vwrub derxw d uhg ira.'],
    ['atbash', 'Gvoo nv z hglib zylfg z ivw ulc.'],
  ])('%s is read decoded', async (answeredIn, response) => {
    expect(await read({ answeredIn }, response)).toBe(story);
  });

  test.each(codes)('%s is read decoded, whatever it says, in whatever language', async (answeredIn) => {
    const { encode, decode } = answerCodes[answeredIn];
    const texts = [...answers, ...otherScripts, ...(escapes.includes(answeredIn) ? [] : accented)];
    for (const text of texts) expect(await read({ answeredIn }, encode(text))).toBe(decode(encode(text)));
  });

  test('may be cut off', async () => {
    const whole = answerCodes.base64.encode(answers[0]!);
    expect(await read({ answeredIn: 'base64' }, whole.slice(0, 41))).toBe(answers[0]!.slice(0, 30));
  });
});

describe('an answer is read as it came', () => {
  test.each(codes)('in plain words, though %s was asked for', async (answeredIn) => {
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
      expect(await read({ answeredIn }, text)).toBe(text);
  });

  test('when the attack does not talk in code', async () => {
    const coded = answerCodes.rot13.encode(story);
    expect(await read({}, coded)).toBe(coded);
  });

  test.each(codes)('when it is noise or nothing, though %s was asked for', async (answeredIn) => {
    const random = createRandom('noise');
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const word = () => Array.from({ length: 6 }, () => random.pick(letters)).join('');
    const noise = Array.from({ length: 50 }, () => Array.from({ length: 8 }, word).join(' '));
    for (const text of ['', '  \n', '!!! ??? 12 34', 'zzzzzzzzzzzzzzzz', ...noise])
      expect(await read({ answeredIn }, text)).toBe(text);
  });

  test('when few of its words are in code', async () => {
    const mixed = `${answers.join(' ')} ${answerCodes.rot13.encode(story)}`;
    expect(await read({ answeredIn: 'rot13' }, mixed)).toBe(mixed);
    const german = answerCodes.unicode.encode(accented[1]!);
    expect(await read({ answeredIn: 'unicode' }, german)).toBe(german);
  });

  test('when it refuses, even if it goes on in code', async () => {
    const both = `Sorry. ${answerCodes.rot13.encode(answers.join(' '))}`;
    expect(await read({ answeredIn: 'rot13' }, both)).toBe(both);
  });
});

test.each(codes)('a refusal in %s is seen, however short', async (answeredIn) => {
  const { encode, decode } = answerCodes[answeredIn];
  for (const text of ['Sorry.', 'I cannot help you with that.'])
    expect(await read({ answeredIn }, encode(text))).toBe(decode(encode(text)));
});

test('a defense that answers in plain words is read so', async () => {
  const blocked = 'Your request was held back by a guard.';
  expect(await read({ answeredIn: 'caesar' }, blocked)).toBe(blocked);
});

test('plainness is a share', () => {
  expect(plainness('')).toBe(0);
  expect(plainness('1 2 3 ---')).toBe(0);
  expect(plainness('the')).toBe(1);
  expect(plainness('«the» xx')).toBeCloseTo(2 / 3);
});

describe('an answer in another language', () => {
  const answeredIn = { language: 'Tinnish', question: 'Put into English:\n{text}' };
  const said = (question: string) => question.slice(question.indexOf('\n') + 1);
  /** Reads an answer with a translator that makes `make` of it, and keeps what it was asked. */
  const reading = async (response: string, make: (text: string) => string, contextWindow = 4096) => {
    const asked: string[] = [];
    const translator = scripted({
      contextWindow,
      reply(messages) {
        asked.push(lastUserText(messages));
        return make(said(lastUserText(messages)));
      },
    });
    const read = await readAnswer({ answeredIn }, response, { role: () => translator, signal });
    return { ...read, asked };
  };

  test.each(answers)('is read in English: %s', async (text) => {
    const { asked, ...read } = await reading(toTinnish(text), fromTinnish);
    expect(read).toEqual({ text });
    expect(asked).toEqual([`Put into English:\n${toTinnish(text)}`]);
  });

  test.each([...accented, ...otherScripts])('is read in English, whatever the language: %s', async (text) => {
    const english = 'Wake the stone giant with a song.';
    expect(await reading(text, () => english)).toMatchObject({ text: english });
  });

  test('is a refusal when its translation is one', async () => {
    const text = 'Sorry, no.';
    expect(await reading(toTinnish(text), fromTinnish)).toMatchObject({ text });
  });

  test.each([...answers.slice(0, 1), answers[2]!, 'Sorry, I cannot help.', '', ' \n'])(
    'is not asked about when it came in English, refused or empty: %j',
    async (text) => {
      expect(await reading(text, toTinnish)).toEqual({ text, asked: [] });
    },
  );

  test.each(['Sing loudly', 'Yes.', 'Stop! Sing!', 'Fetch lanterns. Hum three low notes. Tap shells.'])(
    'is read as it came when the translator makes noise of it: %s',
    async (text) => {
      expect(await reading(text, toTinnish)).toMatchObject({ text, untranslated: 'no-better' });
    },
  );

  test.each<[string, (text: string) => string, number | undefined]>([
    ['empty', () => ' ', undefined],
    ['too-long', (text) => text, 20],
    ['too-long', (text) => fromTinnish(text).repeat(9), undefined],
  ])('is read as it came when its translation is %s, and says so', async (untranslated, make, window) => {
    const text = toTinnish(answers[2]!);
    expect(await reading(text, make, window)).toMatchObject({ text, untranslated });
  });

  test('that a translator leaves as it is says nothing', async () => {
    const text = toTinnish(answers[2]!);
    const { asked, ...read } = await reading(text, (same) => same);
    expect(read).toEqual({ text });
    expect(asked).toHaveLength(1);
  });
});
