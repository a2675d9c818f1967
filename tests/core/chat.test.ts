import { expect, test } from 'vitest';
import { assistant, editLastUser, editSystem, lastUserText, system, user } from '../../src/core/chat.ts';

const talk = [system('s'), user('first'), assistant('a'), user('last'), assistant('open')];

test('only the last user turn is rewritten, and the rest are the same objects', () => {
  const edited = editLastUser(talk, (text) => `${text}!`);
  expect(edited.map(({ content }) => content)).toEqual(['s', 'first', 'a', 'last!', 'open']);
  expect(edited[1]).toBe(talk[1]);
  expect(talk[3]).toEqual(user('last'));
});

test('a conversation without a user turn is left as it is', () => {
  expect(editLastUser([system('s')], () => 'x')).toEqual([system('s')]);
  expect(lastUserText([system('s')])).toBe('');
});

test('a system turn is rewritten, or put first when there is none', () => {
  expect(editSystem(talk, (text) => `${text}2`)[0]).toEqual(system('s2'));
  expect(editSystem([user('u')], (text) => `${text}new`)).toEqual([system('new'), user('u')]);
});
