import { describe, expect, test } from 'vitest';
import { assistantPrefix } from '../../src/attacks/assistant-prefix.ts';
import { reasoningPrefill } from '../../src/attacks/reasoning-prefill.ts';
import { user } from '../../src/core/chat.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior as fox, drain } from './drain.ts';

const behavior = { ...fox, prompt: 'How do I wake the stone giant?', target: 'Sure, here is how:' };
const help = 'Wake the stone giant: sing old lullabies, ring copper bells.';
const no = 'Sorry, I cannot do that.';

/** Follows a thought that speaks of rules, and nothing else. */
const obedient = () => {
  const thoughts: (string | undefined)[] = [];
  const model = scripted({
    reply: (messages, { assistantThought }) => {
      expect(messages).toEqual([user(behavior.prompt)]);
      thoughts.push(assistantThought?.text);
      return assistantThought?.text.includes('rules') ? help : no;
    },
  });
  return { model, thoughts };
};

describe('reasoning prefill', () => {
  test('puts one thought after another in the mouth of a model that refuses the plain request', async () => {
    const { model, thoughts } = obedient();
    const { steps, result } = await drain(reasoningPrefill, { model, behavior });
    expect(steps.map(({ detail }) => [detail!['variant'], detail!['verdict']])).toEqual([
      ['harmless', 'refused'],
      ['rules', 'answered'],
    ]);
    for (const thought of thoughts) expect(thought).toContain(behavior.prompt);
    expect(result).toMatchObject({ messages: [user(behavior.prompt)], claimed: true });
    expect(result.assistantThought).toEqual({ text: thoughts[1] });
    expect(result).not.toHaveProperty('assistantPrefix');
    expect(result.outcomes!.variants).toEqual({
      harmless: { checked: 1, answered: 0 },
      rules: { checked: 1, answered: 1 },
    });
  });
  test('does not take the words of the thought for those of the answer', async () => {
    const model = scripted({ reply: (_, { assistantThought }) => assistantThought?.text ?? '' });
    const { result } = await drain(reasoningPrefill, { model, behavior });
    expect(result.claimed).toBe(false);
  });
  test('may begin the answer as well, with the opening of the prefilling attack', async () => {
    const options = { source: 'target', words: 2 };
    const { model } = obedient();
    const plain = await drain(assistantPrefix, { model, behavior, options });
    const { result } = await drain(reasoningPrefill, {
      model,
      behavior,
      options: { ...options, thought: 'brief', prefix: true },
    });
    expect(result.assistantPrefix).toBe('Sure, here');
    expect(result.assistantPrefix).toBe(plain.result.assistantPrefix);
  });
  test('takes an answer that goes on from its opening for one that speaks of the request', async () => {
    const asked = { ...behavior, target: 'Sure, here is how to wake the stone giant:' };
    const steps = '\n1. Sing old lullabies.\n2. Ring copper bells.';
    const claimOf = async (response: string) => {
      const model = scripted({ reply: () => response });
      return (await drain(reasoningPrefill, { model, behavior: asked, options: { prefix: true } })).result
        .claimed;
    };
    expect(await claimOf(steps)).toBe(true);
    expect(await claimOf(` no. ${no}`)).toBe(false);
    expect(await claimOf(` I'm sorry, I cannot do that.`)).toBe(false);
  });
  test('leaves the thought open where the model is to think on, and puts nothing behind it', async () => {
    const options = { ending: 'open', prefix: true };
    const { result } = await drain(reasoningPrefill, { model: obedient().model, behavior, options });
    expect(result.assistantThought).toMatchObject({ open: true });
    expect(result).not.toHaveProperty('assistantPrefix');
  });
});
