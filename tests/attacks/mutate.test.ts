/** @file The contract of `mutate`: one candidate without a query to any model. */
import { describe, expect, test } from 'vitest';
import { attacks } from '../../src/attacks/index.ts';
import { contentWords } from '../../src/attacks/parts/content-words.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { behavior as fox, mutation } from './drain.ts';

const behavior = {
  ...fox,
  prompt: 'How do I wake the stone giant {gently}?',
  target: 'Sure, here is how to wake the stone giant:',
  context: 'You live by the pond.',
};

/** Attacks whose candidates come from another model, or from looking at the target. */
const needsModel = [
  'advprompter',
  'autodan-turbo',
  'beast',
  'crescendo',
  'embedding-attack',
  'flrt',
  'gcg',
  'gcg-universal',
  'goat',
  'multilingual',
  'pair',
  'persuasion',
  'random-search',
  'refusal-ablation',
  'tap',
  'tense',
];
const able = attacks.all.filter(({ mutate }) => mutate !== undefined);

test('only attacks that need a model for each candidate have no mutate', () => {
  expect(attacks.all.filter(({ mutate }) => !mutate).map(({ id }) => id)).toEqual(needsModel);
});

describe.each(able.map((attack) => [attack.id, attack] as const))('%s', (id, attack) => {
  const candidate = (seed: string, request = behavior) =>
    attack.mutate!(request, defaultsOf(attack.options), mutation(attack, { seed }));

  test('gives a conversation that ends in a user turn, as plain data, and the same one for the same seed', () => {
    const result = candidate('1');
    expect(result.messages.at(-1)!.role).toBe('user');
    expect(result.steps).toBe(0);
    expect(result.claimed).toBeUndefined();
    expect(result.loss).toBeUndefined();
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(candidate('1')).toEqual(result);
  });
  test('changes neither the behavior nor the texts of the attack', () => {
    const before = structuredClone([behavior, attack.templates]);
    candidate('1');
    candidate('2');
    expect([behavior, attack.templates]).toEqual(before);
  });
  test('depends on the request and fills each slot, but none within the request', () => {
    const other = { ...behavior, prompt: 'Where does the old wizard hide his hat?' };
    expect(candidate('1', other)).not.toEqual(candidate('1'));
    for (const { content } of candidate('1', other).messages) expect(content).not.toMatch(/\{[a-z0-9]+\}/);
  });
  test('keeps the system prompt of the behavior, unless the attack tries to leave it out', () => {
    const heads = ['1', '2', '3', '4', '5', '6'].map((seed) => candidate(seed).messages[0]!);
    const withContext = heads.filter(
      ({ role, content }) => role === 'system' && content.startsWith(behavior.context),
    );
    expect(withContext.length).toBeGreaterThan(0);
    if (id !== 'decoding-exploitation') expect(withContext).toHaveLength(heads.length);
  });
});

test('ReNeLLM gives a rewritten request within a task, as its run sends it', () => {
  const { renellm, dra } = Object.fromEntries(attacks.all.map((attack) => [attack.id, attack]));
  const tasks = ['code', 'table', 'story'].map((name) =>
    renellm!.templates!.compact[name]![0]!.split('{text}'),
  );
  for (const seed of ['1', '2', '3', '4']) {
    const { messages } = renellm!.mutate!(
      behavior,
      defaultsOf(renellm!.options),
      mutation(renellm!, { seed }),
    );
    const prompt = lastUserText(messages);
    const task = tasks.find(([head, tail]) => prompt.startsWith(head!) && prompt.endsWith(tail!));
    expect(task).toBeDefined();
    expect(prompt).not.toBe(task!.join(behavior.prompt));
  }
  const { messages } = dra!.mutate!(behavior, defaultsOf(dra!.options), mutation(dra!));
  for (const word of contentWords(behavior.prompt)) expect(lastUserText(messages)).not.toContain(word);
});

test('GPTFuzzer refuses a template pack without a usable seed', () => {
  const { gptfuzzer } = Object.fromEntries(attacks.all.map((attack) => [attack.id, attack]));
  const context = mutation(gptfuzzer!, { templates: { seeds: ['no slot'] } });
  expect(() => gptfuzzer!.mutate!(behavior, defaultsOf(gptfuzzer!.options), context)).toThrow(
    expect.objectContaining({ code: 'bad-input' }),
  );
});
