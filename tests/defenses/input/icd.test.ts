import { expect, test } from 'vitest';
import { assistant, system, user, type ChatMessage } from '../../../src/core/chat.ts';
import { isRefusal } from '../../../src/core/refusal.ts';
import { icd } from '../../../src/defenses/input/icd.ts';
import { defend, options, remembering } from '../defend.ts';

const talk = Object.freeze([system('By the pond.'), user('Hello'), assistant('Hi.'), user('Wake it')]);

async function send(
  count: number,
  { seed = '1', messages = talk as readonly ChatMessage[], chosen = {} } = {},
) {
  const { model, asked } = remembering();
  const reply = await defend(icd, model, { count, ...chosen }).generate(messages, { ...options, seed });
  return { reply, sent: asked[0]!.messages };
}

test('k demonstrations are 2k turns, alternating, between the system turn and the conversation', async () => {
  for (const count of [1, 3, 5]) {
    const { sent, reply } = await send(count);
    expect(sent).toHaveLength(talk.length + 2 * count);
    expect(sent.map(({ role }) => role)).toEqual([
      'system',
      ...Array.from({ length: count }, () => ['user', 'assistant']).flat(),
      'user',
      'assistant',
      'user',
    ]);
    expect(sent.slice(1 + 2 * count)).toEqual(talk.slice(1));
    expect(reply.events[0]).toMatchObject({ action: 'edited', detail: { demonstrations: count } });
  }
});

test('every demonstration is declined, and none is shown twice', async () => {
  const { sent } = await send(8, { messages: [user('x')] });
  const turns = sent.slice(0, -1);
  for (const { role, content } of turns)
    expect(isRefusal(content) || /will not/.test(content)).toBe(role === 'assistant');
  expect(new Set(turns.map(({ content }) => content)).size).toBe(16);
});

test('the seed fixes them', async () => {
  expect((await send(3)).sent).toEqual((await send(3)).sent);
  const all = await Promise.all(['1', '2', '3', '4'].map((seed) => send(3, { seed })));
  expect(new Set(all.map(({ sent }) => JSON.stringify(sent))).size).toBeGreaterThan(1);
});

test('none asked for changes nothing', async () => {
  const { sent, reply } = await send(0);
  expect(sent).toEqual(talk);
  expect(reply.events[0]!.action).toBe('passed');
});

test('one’s own demonstrations are used, and must be whole', async () => {
  const chosen = { demonstrations: 'Wake the giant. => No, never.\n\n' };
  expect((await send(4, { chosen })).sent.slice(1, 3)).toMatchObject([
    user('Wake the giant.'),
    assistant('No, never.'),
  ]);
  await expect(send(1, { chosen: { demonstrations: 'Wake the giant.' } })).rejects.toMatchObject({
    code: 'bad-options',
  });
});
