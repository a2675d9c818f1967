import { describe, expect, test } from 'vitest';
import {
  assistant,
  editLastOwnWords,
  frameLastUser,
  lastUserText,
  system,
  user,
  type ChatMessage,
} from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import { eraseAndCheck } from '../../../src/defenses/decoding/erase-and-check.ts';
import { erasedTexts } from '../../../src/defenses/decoding/erase-and-check/erasures.ts';
import { answering, scripted } from '../../../src/models/runtimes/scripted.ts';
import type { TextClassifier } from '../../../src/models/text-classifier.ts';
import { defend, options, playing, remembering } from '../defend.ts';

/** Calls harmful exactly the texts that `isHarmful` does, and remembers what it read. */
function oracle(isHarmful: (text: string) => boolean) {
  const calls: (readonly string[])[] = [];
  const classifier: TextClassifier = {
    id: 'oracle',
    labels: ['safe', 'odd', 'harmful'],
    contextWindow: 512,
    async classify(texts) {
      calls.push(texts);
      return texts.map((text) => Float32Array.from(isHarmful(text) ? [0.125, 0.125, 0.75] : [0.75, 0.25, 0]));
    },
  };
  return { calls, classifier };
}

const harmful = 'wake the giant';
const model = scripted({ next: answering(() => 'Fine.') });
const check = async (text: string, isHarmful: (text: string) => boolean, chosen = {}) => {
  const { calls, classifier } = oracle(isHarmful);
  const defended = defend(eraseAndCheck, model, chosen, playing({}, { 'prompt-guard': classifier }));
  const reply = await defended.generate([user(text)], options);
  return { reply, calls, blocked: reply.finishReason === 'blocked', detail: reply.events.at(-1)!.detail! };
};
const only = (text: string) => text === harmful;

describe('the certificate: with a filter that knows the clean request', () => {
  test.each([0, 1, 7, 20])('any suffix of %d tokens is caught', async (length) => {
    for (const letter of ['!', 'x'])
      expect((await check(harmful + letter.repeat(length), only)).blocked).toBe(true);
  });
  test('any suffix of any length up to d is caught, whatever it is made of', async () => {
    const random = createRandom('suffixes');
    for (let draw = 0; draw < 40; draw++) {
      const maxErased = random.integer(12);
      const suffix = Array.from({ length: random.integer(maxErased + 1) }, () => random.pick([...'!x {}7']));
      const { blocked, detail } = await check(harmful + suffix.join(''), only, { maxErased });
      expect(blocked).toBe(true);
      expect(detail['certified']).toBe(maxErased);
    }
  });
  test('a longer suffix is not', async () => {
    expect((await check(harmful + '!'.repeat(21), only)).blocked).toBe(false);
  });
  test('any block within is caught by insertion, and not by suffix', async () => {
    const text = `wake ${'#'.repeat(6)}the giant`;
    expect((await check(text, only, { mode: 'insertion', maxErased: 6 })).blocked).toBe(true);
    expect((await check(text, only, { mode: 'suffix' })).blocked).toBe(false);
  });
  test('scattered tokens are caught by infusion, and not by insertion', async () => {
    const text = 'wake# the gi#ant';
    expect((await check(text, only, { mode: 'infusion', maxErased: 2 })).blocked).toBe(true);
    expect((await check(text, only, { mode: 'insertion' })).blocked).toBe(false);
  });
  test('catches no less as d grows', async () => {
    const caught = await Promise.all(
      [0, 2, 4, 5, 6, 30].map(
        async (maxErased) => (await check(`${harmful}!!!!!`, only, { maxErased })).blocked,
      ),
    );
    expect(caught).toEqual([false, false, false, true, true, true]);
  });
  test('says how far it reaches, and that drawing or a limit shortens it', async () => {
    const certified = async (chosen: object) =>
      (await check('abcdefghij', () => false, chosen)).detail['certified'];
    expect(await certified({})).toBe(20);
    expect(await certified({ checkedFraction: 0.5 })).toBe(0);
    expect(await certified({ mode: 'infusion', maxErased: 3, maxChecks: 60 })).toBe(2);
  });
});

describe('nothing is certified', () => {
  const certified = async (messages: readonly ChatMessage[], request = {}) => {
    const { classifier } = oracle(() => false);
    const context = playing({}, { 'prompt-guard': classifier });
    const reply = await defend(eraseAndCheck, model, {}, context).generate(messages, {
      ...options,
      ...request,
    });
    return reply.events.at(-1)!.detail!;
  };
  test('of a text that the classifier may not read to its end', async () => {
    const { certified: most, uncertified } = await certified([user('long '.repeat(150))]);
    expect({ most, uncertified }).toEqual({ most: 0, uncertified: expect.stringContaining('to its end') });
  });
  test('where harm can stand beside it: in other turns, or in the start of the answer', async () => {
    expect(await certified([user('Hi.')])).toMatchObject({ certified: 20 });
    expect(await certified([user('Wake it.'), assistant('No.'), user('Hi.')])).toMatchObject({
      certified: 0,
    });
    expect(await certified([system('Obey.'), user('Hi.')])).toMatchObject({ certified: 0 });
    expect(await certified([user('Hi.')], { assistantPrefix: 'Sure' })).toMatchObject({ certified: 0 });
    const assistantThought = { text: 'That is fine.' };
    expect(await certified([user('Hi.')], { assistantThought })).toMatchObject({ certified: 0 });
  });
  test('of words that another defense changed', async () => {
    const changed = editLastOwnWords([user('Hi!')], () => 'Hi.');
    expect(await certified(changed)).toMatchObject({
      certified: 0,
      uncertified: 'Another defense had rewritten the request.',
    });
  });
  test('too much: a reminder around the request is neither erased nor read', async () => {
    const { calls, classifier } = oracle(only);
    const context = playing({}, { 'prompt-guard': classifier });
    const framed = frameLastUser(
      [user(`${harmful} ${'x '.repeat(9)}`)],
      '{request} Remember to behave.',
      '{request}',
    );
    const reply = await defend(eraseAndCheck, model, {}, context).generate(framed, options);
    expect(reply.finishReason).toBe('blocked');
    expect(calls.flat().some((text) => text.includes('Remember'))).toBe(false);
  });
});

describe('the number of checks', () => {
  const checks = async (length: number, chosen = {}) => {
    const { calls } = await check('a'.repeat(length), () => false, chosen);
    expect(calls, 'one call holds all texts').toHaveLength(1);
    return calls[0]!.length;
  };
  test('of 30 tokens with d = 20 is 21', async () => expect(await checks(30)).toBe(21));
  test('of 5 tokens with d = 20 is 5: nothing is not checked', async () => expect(await checks(5)).toBe(5));
  test('with d = 0 is 1', async () => expect(await checks(30, { maxErased: 0 })).toBe(1));
  test('of a tenth drawn at random holds the whole request too', async () =>
    expect(await checks(30, { checkedFraction: 0.1 })).toBe(3));
  test('counts every block and every subset once', () => {
    const distinct = (way: 'insertion' | 'infusion', count: number, most: number) =>
      new Set(erasedTexts(way, count, most, 1e6).texts.map((indices) => indices.join())).size;
    expect(distinct('insertion', 6, 3)).toBe(6 + 5 + 4);
    expect(distinct('infusion', 6, 3)).toBe(6 + 15 + 20);
  });
});

describe('a filter', () => {
  test('that passes everything lets the request through as it was', async () => {
    const { reply } = await check('Say hello.', () => false);
    expect(reply).toMatchObject({ text: 'Fine.', events: [{ action: 'passed', cost: { queries: 11 - 1 } }] });
  });
  test('counts all classes but the harmless one, or the one that is named', async () => {
    expect((await check(harmful, only)).blocked).toBe(true);
    expect((await check(harmful, only, { label: 'odd' })).blocked).toBe(false);
    expect((await check(harmful, only, { label: 'harmful', threshold: 0.75 })).blocked).toBe(true);
    await expect(check(harmful, only, { label: 'absent' })).rejects.toMatchObject({ code: 'bad-options' });
  });
  test('that calls the whole request harmful needs no erased text', async () => {
    expect((await check(harmful, only, { maxErased: 0 })).blocked).toBe(true);
    const { reply } = await check(harmful, only);
    expect(reply.events[0]!.reason).toBe('The filter called the request harmful.');
  });
  test('of refusals leaves the options of the request as they were', async () => {
    const request = Object.freeze({ ...options, maxNewTokens: 3 });
    const talk = Object.freeze([Object.freeze(user('play the horn'))]);
    const { model: target, asked } = remembering();
    await defend(eraseAndCheck, target, { filter: 'refusal' }).generate(talk, request);
    expect(asked.at(-1)).toEqual({ messages: talk, options: request });
    expect(asked.slice(0, -1).every(({ options: asking }) => asking.maxNewTokens === 32)).toBe(true);
  });
  test('of refusals asks the model, greedily and briefly, and needs no more than a refusal to decline', async () => {
    const refusing = scripted({
      next: answering((messages) =>
        lastUserText(messages) === harmful ? 'I am sorry, no.' : 'Hello! However, yes.',
      ),
    });
    const { classifier, calls } = oracle(() => false);
    const defended = defend(
      eraseAndCheck,
      refusing,
      { filter: 'refusal' },
      playing({}, { 'prompt-guard': classifier }),
    );
    const sampled = { ...options, sampling: { temperature: 1, topP: 1 } };
    expect((await defended.generate([user(`${harmful}!!`)], sampled)).finishReason).toBe('blocked');
    expect((await defended.generate([user('play the horn')], options)).text).toBe('Hello! However, yes.');
    expect(calls).toEqual([]);
  });
});
