/** @file One candidate without a question to any model: a promise of every attack that can keep it. */
import { describe, expect, test } from 'vitest';
import { attacks } from '../../src/attacks/index.ts';
import { contentWords } from '../../src/attacks/parts/content-words.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { behavior as fox, mutation } from './drain.ts';

const behavior = {
  ...fox,
  prompt: 'How do I wake the stone giant {gently}?',
  target: 'Sure, here is how to wake the stone giant:',
  context: 'You live by the pond.',
};

/** What is made by another model, or found by looking at the target, cannot be had without them. */
const needsModel = [
  'advprompter',
  'beast',
  'crescendo',
  'embedding-attack',
  'gcg',
  'gcg-universal',
  'multilingual',
  'pair',
  'persuasion',
  'refusal-ablation',
  'tap',
  'tense',
];
const able = attacks.all.filter(({ mutate }) => mutate !== undefined);

test('only attacks that need a model for each candidate have none to give without one', () => {
  expect(attacks.all.filter(({ mutate }) => !mutate).map(({ id }) => id)).toEqual(needsModel);
});

describe.each(able.map((attack) => [attack.id, attack] as const))('%s', (id, attack) => {
  const made = (seed: string, asked = behavior) =>
    attack.mutate!(asked, defaultsOf(attack.options), mutation(attack, { seed }));

  test('gives a conversation that ends in a question, as plain data, and the same for the same seed', () => {
    const result = made('1');
    expect(result.messages.at(-1)!.role).toBe('user');
    expect(result.steps).toBe(0);
    expect(result.claimed).toBeUndefined();
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(made('1')).toEqual(result);
  });
  test('leaves neither the behavior nor the texts of the attack changed', () => {
    const before = structuredClone([behavior, attack.templates]);
    made('1');
    made('2');
    expect([behavior, attack.templates]).toEqual(before);
  });
  test('depends on the request and fills each slot, but not one that the request seems to have', () => {
    const other = { ...behavior, prompt: 'Where does the old wizard hide his hat?' };
    expect(made('1', other)).not.toEqual(made('1'));
    for (const { content } of made('1', other).messages) expect(content).not.toMatch(/\{[a-z0-9]+\}/);
  });
  test('keeps the system prompt of the behavior, unless leaving it out is what it tries', () => {
    const heads = ['1', '2', '3', '4', '5', '6'].map((seed) => made(seed).messages[0]!);
    const kept = heads.filter(
      ({ role, content }) => role === 'system' && content.startsWith(behavior.context),
    );
    expect(kept.length).toBeGreaterThan(0);
    if (id !== 'decoding-exploitation') expect(kept).toHaveLength(heads.length);
  });
});

test('ReNeLLM gives a rewritten request within a task, as its run would send it', () => {
  const { renellm, dra } = Object.fromEntries(attacks.all.map((attack) => [attack.id, attack]));
  const tasks = ['code', 'table', 'story'].map((name) => renellm!.templates![name]![0]!.split('{text}'));
  for (const seed of ['1', '2', '3', '4']) {
    const { messages } = renellm!.mutate!(
      behavior,
      defaultsOf(renellm!.options),
      mutation(renellm!, { seed }),
    );
    const said = lastUserText(messages);
    const task = tasks.find(([head, tail]) => said.startsWith(head!) && said.endsWith(tail!));
    expect(task).toBeDefined();
    expect(said).not.toBe(task!.join(behavior.prompt));
  }
  const { messages } = dra!.mutate!(behavior, defaultsOf(dra!.options), mutation(dra!));
  for (const word of contentWords(behavior.prompt)) expect(lastUserText(messages)).not.toContain(word);
});
