import { describe, expect, test } from 'vitest';
import { assistantPrefix } from '../../src/attacks/assistant-prefix.ts';
import { directRequest } from '../../src/attacks/direct-request.ts';
import { user } from '../../src/core/chat.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior, drain, mutation } from './drain.ts';

/** A target model that must not be asked. */
const untouched = scripted({
  reply: () => {
    throw new Error('An attack that needs no query made one.');
  },
});
const long = { ...behavior, target: 'Sure, here is how to wake the kitten:' };

describe('direct request', () => {
  test('sends the behavior and nothing else', async () => {
    const { result } = await drain(directRequest, { model: untouched });
    expect(result).toEqual({ messages: [user(behavior.prompt)], steps: 0 });
  });
});

describe('assistant prefix', () => {
  const prefixOf = async (options: Record<string, unknown>, asked = long) =>
    (await drain(assistantPrefix, { model: untouched, behavior: asked, options })).result.assistantPrefix;
  const { target: _none, ...targetless } = long;

  test('is the whole target by default', async () => {
    expect(await prefixOf({})).toBe(long.target);
  });
  test('is the first words of the target, without a blank at the end', async () => {
    expect(await prefixOf({ words: 1 })).toBe('Sure,');
    expect(await prefixOf({ words: 3 })).toBe('Sure, here is');
    expect(await prefixOf({ words: 200 })).toBe(long.target);
  });
  test('is the affirmative text when asked for, or when there is no target', async () => {
    expect(await prefixOf({ source: 'affirmative', affirmative: 'Of course! ' })).toBe('Of course!');
    expect(await prefixOf({}, targetless as typeof long)).toBe('Sure, here is');
  });
  test('is left out when it would be empty', async () => {
    expect(await prefixOf({ source: 'affirmative', affirmative: ' ' })).toBeUndefined();
  });
  test('leaves the request unchanged', async () => {
    const { result } = await drain(assistantPrefix, { model: untouched, behavior: long });
    expect(result.messages).toEqual([user(long.prompt)]);
  });
});

test.each([directRequest, assistantPrefix])('$id mutates to what it would send', async (attack) => {
  const { result } = await drain(attack, { model: untouched, behavior: long });
  expect(attack.mutate!(long, defaultsOf(attack.options), mutation(attack))).toEqual(result);
});
