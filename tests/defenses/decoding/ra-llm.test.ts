import { describe, expect, test } from 'vitest';
import { assistant, lastUserText, system, user } from '../../../src/core/chat.ts';
import { raLlm } from '../../../src/defenses/decoding/ra-llm.ts';
import type { LanguageModel } from '../../../src/models/language-model.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import { defend, options, remembering } from '../defend.ts';

const text = 'abcdefghijklmnopqrst';
const [yes, no] = ['Blow the horn.', 'I am sorry, no.'];
/** The request itself is answered with `own`, copy number i with `replies[i]`. */
const check = (own: string, replies: readonly string[], chosen = {}) =>
  defend(
    raLlm,
    scripted({
      reply: (_, { seed }) => (seed?.includes('/') ? replies[Number(seed.split('/').at(-1))]! : own),
    }),
    { copies: replies.length, answerTokens: 60, ...chosen },
  ).generate([user(text)], options);
const refusing = (refused: number, of: number) =>
  Array.from({ length: of }, (_, i) => (i < refused ? no : yes));

describe('the verdict', () => {
  test('falls at two refusals of ten, and not at one', async () => {
    expect((await check(yes, refusing(2, 10))).finishReason).toBe('blocked');
    expect((await check(yes, refusing(1, 10))).text).toBe(yes);
  });
  test('of 4 in 20 is exactly the threshold', async () => {
    expect((await check(yes, refusing(4, 20))).finishReason).toBe('blocked');
    expect((await check(yes, refusing(3, 20))).text).toBe(yes);
  });
  test('leaves a refusal of the model as it is', async () => {
    const reply = await check(no, refusing(0, 10));
    expect(reply).toMatchObject({ text: no, finishReason: 'end' });
  });
  test('does not count copies without an answer', async () => {
    expect((await check(yes, [no, '', '', '', yes])).finishReason).toBe('blocked');
    const silent = await check(yes, ['', '']);
    expect(silent.text).toBe(yes);
    expect(silent.events.at(-1)!.reason).toContain('Could not tell');
  });
  test('is not brought about by a harmless contrast or greeting', async () => {
    expect((await check(yes, ['Hello! However, here it is.', 'Hi.'])).text).toBe(yes);
  });
  test('is the one that asking one by one until it is certain would reach', async () => {
    /** As the paper goes about it; also how many copies it would ask. */
    const oneByOne = (answers: readonly string[], threshold: number) => {
      let refused = 0;
      for (const [i, answer] of answers.entries()) {
        refused += Number(answer === no);
        if (refused / answers.length >= threshold) return { declined: true, asked: i + 1 };
        if ((refused + answers.length - i - 1) / answers.length < threshold)
          return { declined: false, asked: i + 1 };
      }
      throw new Error('By the last copy it is certain.');
    };
    for (let pattern = 0; pattern < 64; pattern++) {
      const answers = Array.from({ length: 6 }, (_, i) => ((pattern >> i) & 1 ? no : yes));
      for (const threshold of [0.2, 0.5, 1]) {
        const { finishReason, events } = await check(yes, answers, { threshold });
        expect(finishReason === 'blocked').toBe(oneByOne(answers, threshold).declined);
        expect(events.at(-1)!.cost!.queries).toBe(6);
      }
    }
    // The golden numbers of the stopping rule, with n = 10 and t = 0.2.
    expect(oneByOne([no, no, ...refusing(0, 8)], 0.2)).toEqual({ declined: true, asked: 2 });
    expect(oneByOne(refusing(0, 10), 0.2)).toEqual({ declined: false, asked: 9 });
  });
  test('says what it counted and what that cost', async () => {
    const { events } = await check(yes, refusing(1, 10));
    expect(events.at(-1)).toMatchObject({
      action: 'passed',
      detail: { copies: 10, refused: 1, answered: 10 },
      cost: { queries: 10 },
    });
  });
});

describe('the copies', () => {
  const isSubsequence = (part: string) => {
    const places = [...part].map((letter) => text.indexOf(letter));
    return places.every((place, i) => place > (places[i - 1] ?? -1));
  };
  const copies = async (chosen = {}) => {
    const asked: { text: string; most: number }[] = [];
    const model = scripted({ next: answering(() => yes) });
    const watched = {
      ...model,
      generate: (...[messages, passed]: Parameters<typeof model.generate>) => {
        asked.push({ text: lastUserText(messages), most: passed.maxNewTokens });
        return model.generate(messages, passed);
      },
    };
    await defend(raLlm, watched, chosen).generate([user(text)], options);
    return asked;
  };

  test('lose three tokens in ten, and keep the order of the rest', async () => {
    const [first, ...rest] = await copies();
    expect(first).toEqual({ text, most: options.maxNewTokens });
    expect(rest).toHaveLength(20);
    for (const { text: thinned, most } of rest) {
      expect(thinned).toHaveLength(14);
      expect(isSubsequence(thinned)).toBe(true);
      expect(most).toBe(10);
    }
    expect(new Set(rest.map((copy) => copy.text)).size).toBeGreaterThan(10);
  });
  test('are the request itself when nothing is dropped, so that the verdict is the model’s own', async () => {
    for (const { text: kept } of await copies({ droppedFraction: 0 })) expect(kept).toBe(text);
  });
  test('that lose nothing decide as the model does', async () => {
    for (const [answer, finishReason] of [
      [yes, 'end'],
      [no, 'end'],
    ]) {
      const model = scripted({ next: answering(() => answer!) });
      const reply = await defend(raLlm, model, { droppedFraction: 0, answerTokens: 60 }).generate(
        [user(text)],
        options,
      );
      expect(reply).toMatchObject({ text: answer, finishReason, events: [{ action: 'passed' }] });
    }
  });
  test('lose tokens of the last request, and none of what stands around it', async () => {
    const talk = [system('By the pond.'), user('Hello'), assistant('Hi.'), user(text)];
    const { model, asked } = remembering();
    await defend(raLlm, model).generate(talk, options);
    for (const { messages } of asked) expect(messages.slice(0, 3)).toEqual(talk.slice(0, 3));
  });
  test('of a model that shows no tokens lose words', async () => {
    const { model, asked } = remembering();
    await defend(raLlm, model, { copies: 5 }).generate([user('one two three four five six')], options);
    for (const { messages } of asked.slice(1))
      expect(lastUserText(messages).trim().split(' ')).toHaveLength(5);
  });
});

test('the caller’s messages and an empty conversation are left alone', async () => {
  const talk = Object.freeze([Object.freeze(user(text))]);
  const { model, asked } = remembering();
  await defend(raLlm, model).generate(talk, options);
  expect(asked[0]!.messages).toBe(talk);
  expect((await defend(raLlm, model).generate([user('')], options)).text).toBe('Once upon a time.');
});

test('a model that thinks first gets room for it, so that the start of its answer is read', async () => {
  const { model, asked } = remembering(() => 'Sorry, I cannot.');
  const thinking: LanguageModel = {
    ...model,
    generate: async (messages, request) => {
      const reply = await model.generate(messages, request);
      return request.maxNewTokens < 100
        ? { ...reply, text: '', thoughts: 'Let me see', finishReason: 'length' }
        : { ...reply, thoughts: 'Let me see. Hm.' };
    },
  };
  const reply = await defend(raLlm, thinking, { copies: 3 }).generate([user('Go on')], {
    ...options,
    maxNewTokens: 200,
  });
  expect(asked).toHaveLength(1 + 2 * 3);
  expect(reply.events).toMatchObject([{ detail: { answered: 3, refused: 3 }, cost: { queries: 6 } }]);
});
