import { describe, expect, test } from 'vitest';
import { multilingual } from '../../src/attacks/multilingual.ts';
import { persuasion } from '../../src/attacks/persuasion.ts';
import { tense } from '../../src/attacks/tense.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior as fox, drain } from './drain.ts';

const behavior = { ...fox, prompt: 'How do I wake the stone giant?' };
const help = 'You wake the stone giant when you sing loudly at dawn near him.';
const no = 'Sorry, I cannot help.';
const untouched = scripted({
  reply: () => {
    throw new Error('The target was asked.');
  },
});
const saying = (...replies: readonly string[]) => {
  let asked = 0;
  return scripted({ reply: () => replies[Math.min(asked++, replies.length - 1)]! });
};

describe('multilingual', () => {
  const flip = (text: string) => [...text].reverse().join('');
  /** Speaks English and English backward. */
  const translator = scripted({ reply: (messages) => flip(lastUserText(messages).split(':\n')[1]!) });
  const run = (options: Record<string, unknown>, answer: string, words = translator) =>
    drain(multilingual, {
      model: scripted({ reply: () => answer }),
      behavior,
      options,
      roles: { translator: words },
    });

  test('sends the translation, and reads the answer translated back', async () => {
    const { steps, result } = await run({ languages: 'A; B' }, flip(help));
    expect(lastUserText(result.messages)).toBe(flip(behavior.prompt));
    expect(steps).toHaveLength(1);
    expect(steps[0]!.detail).toMatchObject({
      variant: 'A',
      reading: help,
      verdict: 'answered',
      roundTrip: behavior.prompt,
      fidelity: 1,
    });
  });
  test('a refusal in the other language is a refusal', async () => {
    const { steps, result } = await run({ languages: 'A; B' }, flip(no));
    expect(steps.map(({ detail }) => detail!['verdict'])).toEqual(['refused', 'refused']);
    expect(result.claimed).toBe(false);
  });
  test('with a translator that changes nothing, sends the plain request', async () => {
    const same = scripted({ reply: (messages) => lastUserText(messages).split(':\n')[1]! });
    const { result } = await run({ languages: 'A; B' }, help, same);
    expect(lastUserText(result.messages)).toBe(behavior.prompt);
  });
  test('queries only the translator when there is one language', async () => {
    const { result } = await drain(multilingual, {
      model: untouched,
      behavior,
      options: { languages: 'Swahili' },
      roles: { translator },
    });
    expect(lastUserText(result.messages)).toBe(flip(behavior.prompt));
    expect(result.claimed).toBeUndefined();
  });
  test('a result carries its language and the question to the translator of the answer', async () => {
    const { result } = await drain(multilingual, {
      model: untouched,
      behavior,
      options: { languages: 'Swahili' },
      roles: { translator },
      templates: { back: ['From {language}, in braces {as they are}:\n{text}'] },
    });
    expect(result.answeredIn).toEqual({
      language: 'Swahili',
      question: 'From Swahili, in braces {as they are}:\n{text}',
    });
  });
  test('sends the translation without what the translator says around it', async () => {
    const chatty = scripted({
      reply: (messages) =>
        `Sure! Here is the translation into A:\n\n"${flip(lastUserText(messages).split(':\n')[1]!)}"\n\nLet me know if you need another language!`,
    });
    const { result } = await run({ languages: 'A; B' }, help, chatty);
    expect(lastUserText(result.messages)).toBe(flip(behavior.prompt));
  });
  test('does not send what a translator says instead of translating', async () => {
    const unwilling = scripted({
      reply: (messages) =>
        lastUserText(messages).includes('into A')
          ? "I'm sorry, I can't translate that."
          : flip(behavior.prompt),
    });
    const { steps } = await run({ languages: 'A; B' }, help, unwilling);
    expect(steps.map(({ detail }) => [detail!['unsent'], detail!['flaw']])).toEqual([
      ['untranslated', 'refusal'],
      [undefined, undefined],
    ]);
  });
  test('an answer in English is not translated', async () => {
    const english = 'You would wake the stone giant with some loud dawn singing.';
    const { steps } = await run({ languages: 'A; B' }, english);
    expect(steps[0]!.detail).toMatchObject({ verdict: 'answered', response: english });
    expect(steps[0]!.detail).not.toHaveProperty('reading');
  });
  test('fails with an error when nothing is translated or named', async () => {
    const mute = scripted({ reply: () => ' ' });
    await expect(run({ languages: 'A; B' }, help, mute)).rejects.toThrow(/nothing of use/);
    await expect(run({ languages: ';' }, help)).rejects.toThrow(/no language/);
  });
});

describe.each([
  ['tense', tense, { attempts: 5 }, { attempts: 1 }],
  ['persuasion', persuasion, {}, { technique: 'rumors' }],
] as const)('%s', (_, attack, several, one) => {
  const reworded = (i: number) => `How was the stone giant woken in year ${i}?`;
  const run = (replies: readonly string[], wordings: readonly string[], options: object = several) =>
    drain(attack, {
      model: saying(...replies),
      behavior,
      options: { ...options },
      roles: { paraphraser: saying(...wordings) },
    });

  test('keeps the first rewording that is answered', async () => {
    const { steps, result } = await run([no, help], [reworded(1), reworded(2), reworded(3)]);
    expect(lastUserText(result.messages)).toBe(reworded(2));
    expect(steps.map(({ detail }) => detail!['verdict'])).toEqual(['refused', 'answered']);
    expect(result.claimed).toBe(true);
  });
  test('sends no rewording that is empty, a refusal, an answer or repeated, and says why', async () => {
    const { steps, result } = await run(
      [no, help],
      ['', 'Sorry, I cannot.', "Sure! Here's how to wake it: sing.", reworded(1), reworded(1), reworded(2)],
      { ...several, ...('attempts' in several && { attempts: 6 }) },
    );
    expect(steps.map(({ detail }) => detail!['unsent'] ?? null)).toEqual([
      'unusable',
      'unusable',
      'unusable',
      null,
      'duplicate',
      null,
    ]);
    expect(steps.map(({ detail }) => detail!['flaw'] ?? null).slice(0, 3)).toEqual([
      'empty',
      'refusal',
      'answer',
    ]);
    expect(lastUserText(result.messages)).toBe(reworded(2));
  });
  test('sends the rewording without what the model says around it', async () => {
    const chatter = `Sure! Here's the rewritten request:\n\n"${reworded(1)}"\n\nLet me know if you need another one!`;
    const { result } = await run([help], [chatter]);
    expect(lastUserText(result.messages)).toBe(reworded(1));
  });
  test('drops rewordings that have drifted only when asked to, as no paper does', async () => {
    const drifted = 'How is bread baked?';
    const free = await run([help], [drifted]);
    expect(lastUserText(free.result.messages)).toBe(drifted);
    await expect(run([help], [drifted], { ...several, fidelity: 0.3 })).rejects.toThrow(/nothing of use/);
  });
  test('samples its rewordings at temperature 1, each from a seed of its own', async () => {
    const requests: (readonly [number | undefined, string | undefined])[] = [];
    const paraphraser = scripted({
      reply: (_messages, { sampling, seed }) => {
        requests.push([sampling?.temperature, seed]);
        return reworded(requests.length);
      },
    });
    await drain(attack, { model: saying(no), behavior, options: { ...several }, roles: { paraphraser } });
    expect(new Set(requests.map(([temperature]) => temperature))).toEqual(new Set([1]));
    expect(new Set(requests.map(([, seed]) => seed)).size).toBe(requests.length);
  });
  test('does not query the target when there is only one rewording', async () => {
    const { result } = await drain(attack, {
      model: untouched,
      behavior,
      options: one,
      roles: { paraphraser: saying(reworded(1)) },
    });
    expect(lastUserText(result.messages)).toBe(reworded(1));
  });
});

test('persuasion tries all 40 techniques before it repeats the first', async () => {
  let written = 0;
  const { steps } = await drain(persuasion, {
    model: saying(no),
    behavior,
    options: { trials: 2 },
    roles: { paraphraser: scripted({ reply: () => `Please wake the stone giant, ${written++}` }) },
  });
  const names = steps.map(({ detail }) => detail!['variant']);
  expect(names).toHaveLength(80);
  expect(new Set(names.slice(0, 40)).size).toBe(40);
  expect(names.slice(40)).toEqual(names.slice(0, 40));
});

test('tense alternates between past and future when asked for both', async () => {
  const asked: string[] = [];
  await drain(tense, {
    model: saying(no),
    behavior,
    options: { tense: 'both', attempts: 4 },
    roles: {
      paraphraser: scripted({
        reply: (messages) => `stone giant ${asked.push(lastUserText(messages))}`,
      }),
    },
  });
  expect(asked.map((text) => /past|future/.exec(text)?.[0])).toEqual(['past', 'future', 'past', 'future']);
});
