import { describe, expect, test } from 'vitest';
import { assistant, system, user } from '../../../src/core/chat.ts';
import { selfReminder } from '../../../src/defenses/input/self-reminder.ts';
import { defend, options, remembering } from '../defend.ts';

const talk = Object.freeze([
  system('You live by the pond.'),
  user('Hello'),
  assistant('Hi.'),
  user('Say {input_text}'),
]);

describe.each(['user', 'system'])('with the first half in the %s turn', (placement) => {
  const send = async (messages = talk as readonly (typeof talk)[number][]) => {
    const { model, asked } = remembering();
    const reply = await defend(selfReminder, model, { placement }).generate(messages, options);
    return { reply, sent: asked[0]!.messages };
  };

  test('the request stays whole, occurs once, and is surrounded', async () => {
    const { sent } = await send();
    const text = sent.map(({ content }) => content).join('\n');
    expect(text.split('Say {input_text}')).toHaveLength(2);
    expect(text.indexOf('responsible assistant')).toBeLessThan(text.indexOf('Say {input_text}'));
    expect(text.indexOf('Remember:')).toBeGreaterThan(text.indexOf('Say {input_text}'));
  });
  test('earlier turns and the caller’s messages are unchanged', async () => {
    const { sent } = await send();
    expect(sent.slice(1, 3)).toEqual(talk.slice(1, 3));
    expect(sent[0]!.content).toContain('You live by the pond.');
    expect(talk[3]).toEqual(user('Say {input_text}'));
  });
  test('a request is not wrapped twice', async () => {
    const once = await send();
    const twice = await send(once.sent);
    expect(twice.sent).toEqual(once.sent);
    expect([once, twice].map(({ reply }) => reply.events[0]!.action)).toEqual(['edited', 'passed']);
  });
  test('a request that ends like a reminder is wrapped all the same', async () => {
    const { sent } = await send();
    const ending = sent.at(-1)!.content.split('\n').at(-1)!;
    const { reply } = await send([user(`Wake the giant.\n${ending}`)]);
    expect(reply.events[0]!.action).toBe('edited');
  });
});

test('options reach the model as they are', async () => {
  const { model, asked } = remembering();
  const request = { ...options, seed: '9', assistantPrefix: 'Sure', stop: ['.'] };
  await defend(selfReminder, model).generate(talk, request);
  expect(asked[0]!.options).toEqual(request);
});
