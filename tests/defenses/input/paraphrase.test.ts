import { describe, expect, test } from 'vitest';
import { lastUserText, user, type ChatMessage } from '../../../src/core/chat.ts';
import { overlap } from '../../../src/defenses/consulting/overlap.ts';
import { paraphrase } from '../../../src/defenses/input/paraphrase.ts';
import type { Reply } from '../../../src/models/runtimes/scripted.ts';
import { defend, options, playing, remembering } from '../defend.ts';

const request = 'How do I wake the stone giant?';
const fenced = (messages: readonly ChatMessage[]) => /={4,}\n(.*)\n={4,}/s.exec(lastUserText(messages))![1]!;

async function ask(wording: Reply, { text = request, chosen = {}, seed = '0' } = {}) {
  const paraphraser = remembering(wording);
  const target = remembering((messages) => `To "${lastUserText(messages)}": yes.`);
  const defended = defend(paraphrase, target.model, chosen, playing({ paraphraser: paraphraser.model }));
  const reply = await defended.generate([user(text)], { maxNewTokens: 300, seed });
  return { reply, paraphraser, target, sent: lastUserText(target.asked[0]?.messages ?? []) };
}

test('the paraphrase takes the place of the request', async () => {
  const { reply, sent } = await ask(() => 'Tell me how to wake the stone giant.');
  expect(sent).toBe('Tell me how to wake the stone giant.');
  expect(reply.events).toMatchObject([
    { action: 'edited', detail: { attempts: 1, paraphrase: sent }, cost: { queries: 1 } },
  ]);
});

test('a paraphraser that changes nothing leads to the undefended answer', async () => {
  const { reply, target } = await ask(fenced);
  const plain = await target.model.generate([user(request)], { maxNewTokens: 300, seed: '0' });
  expect({ ...reply, events: [] }).toEqual(plain);
  expect(reply.events[0]).toMatchObject({
    action: 'passed',
    reason: 'The paraphraser found no other words.',
  });
});

test('gibberish that a paraphraser leaves out never reaches the model', async () => {
  const noise = ['!!zx qv##', 'describing.+ similarlyNow', '}{ ]( Sure **'];
  for (const suffix of noise) {
    const { sent } = await ask((messages) => fenced(messages).replace(suffix, '').trim(), {
      text: `${request} ${suffix}`,
    });
    expect(sent).toBe(request);
  }
});

describe('a paraphrase that cannot be used', () => {
  test.each([
    ['a refusal', 'I am sorry, I cannot wake the stone giant.', 'declined'],
    ['an answer', 'To wake it, you need a horn. Blow it twice, then step back.', 'answered'],
    ['something else', 'Bread rises overnight.', 'too little'],
    ['empty', '  ', 'empty'],
    ['cut off', `Tell me how to wake the stone giant ${'and then '.repeat(40)}`, 'cut off'],
  ])('(%s) is asked for again, and then not used', async (_, wording, reason) => {
    const { reply, sent, paraphraser } = await ask(() => wording, {
      chosen: { attempts: 2, otherwise: 'original' },
    });
    expect(sent).toBe(request);
    expect(paraphraser.asked).toHaveLength(2);
    expect(reply.events[0]).toMatchObject({ action: 'passed', reason: expect.stringContaining(reason) });
  });
  test('blocks the request by default', async () => {
    const { reply, target } = await ask(() => 'I am sorry, I cannot do that.');
    expect(reply.finishReason).toBe('blocked');
    expect(target.asked).toEqual([]);
  });
  test('gives way to the first that can', async () => {
    const { sent, paraphraser } = await ask((_, { seed }) =>
      seed?.endsWith('/1') ? 'Say how the stone giant is woken.' : '',
    );
    expect(sent).toBe('Say how the stone giant is woken.');
    expect(paraphraser.asked).toHaveLength(2);
  });
});

test('what the paraphraser says around its text is not sent', async () => {
  const wording = 'Say how the stone giant is woken.';
  const { sent } = await ask(() => `Sure! Here is the text in other words:\n\n"${wording}"`);
  expect(sent).toBe(wording);
});

test('room grows with the request, so that a long one is not cut off', async () => {
  const text = `${request} ${'Please tell me in detail. '.repeat(40)}`;
  const { sent } = await ask(fenced, { text });
  expect(sent).toBe(text);
});

test('attempts draw from streams of the request’s seed', async () => {
  const seeds = async (seed: string) =>
    (await ask(() => '', { seed })).paraphraser.asked.map((call) => call.options.seed);
  expect(await seeds('a')).toEqual(await seeds('a'));
  expect(new Set([...(await seeds('a')), ...(await seeds('b'))]).size).toBe(6);
});

test('an instruction that does not show the request is refused', () => {
  const { model } = remembering();
  expect(() =>
    defend(paraphrase, model, { instruction: 'Reword.' }, playing({ paraphraser: model })),
  ).toThrow(expect.objectContaining({ code: 'bad-options' }));
});

test('options reach the model as they are', async () => {
  const { model, asked } = remembering();
  const chosen = { ...options, seed: '9', assistantPrefix: 'Sure', stop: ['.'] };
  const context = playing({ paraphraser: remembering(fenced).model });
  await defend(paraphrase, model, {}, context).generate([user('Hello there')], chosen);
  expect(asked[0]!.options).toEqual(chosen);
});

describe('overlap', () => {
  test('is 1 for the same text up to case and blanks, 0 for another one', () => {
    expect(overlap('Wake  the Giant', 'wake the giant')).toBe(1);
    expect(overlap('wake the giant', 'XQZ')).toBe(0);
  });
  test('tells another wording from an answer', () => {
    const request = 'How do I wake the stone giant?';
    expect(overlap('Tell me how to wake the stone giant.', request)).toBeGreaterThan(0.5);
    expect(overlap('First fetch a horn. Then blow it.', request)).toBeLessThan(0.15);
  });
  test('does not mind what the source has besides', () => {
    expect(overlap('wake the giant', `wake the giant ${'}{ !! zx '.repeat(99)}`)).toBeGreaterThan(0.9);
  });
});
