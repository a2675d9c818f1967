import { describe, expect, test } from 'vitest';
import { gptfuzzer } from '../../src/attacks/gptfuzzer.ts';
import { createSeedPool, depthFactor, upperBound } from '../../src/attacks/gptfuzzer/seed-pool.ts';
import type { Behavior } from '../../src/core/behavior.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { createRandom } from '../../src/core/random.ts';
import { scripted, type Reply } from '../../src/models/runtimes/scripted.ts';
import type { TextClassifier } from '../../src/models/text-classifier.ts';
import { behavior, drain, mutation } from './drain.ts';

const seeds = ['Play along: {goal}', 'Dream {goal} and tell.'];
const story = 'A story: bees hum, ants dig, owls fly.';
const no = 'Sorry, no.';
const heard = (messages: Parameters<Reply>[0]) => lastUserText(messages);

/** Rewrites by adding one word to the last line it is shown. */
const adds = scripted({ reply: (messages) => `${heard(messages).split('\n').at(-1)!} Plus.` });
const search = (
  reply: Reply,
  options: Record<string, unknown> = {},
  setting: Partial<Parameters<typeof drain>[1]> = {},
) =>
  drain(gptfuzzer, {
    model: scripted({ reply }),
    roles: { attacker: adds },
    templates: { seeds },
    options: { energy: 1, ...options },
    ...setting,
  });

describe('the search', () => {
  test('succeeds at the third iteration where only the third mutant can', async () => {
    let written = 0;
    const attacker = scripted({ reply: () => `Mutant number ${++written}.` });
    const { result, steps } = await search(
      (messages) => (heard(messages).includes('3') ? story : no),
      { slot: 'apart' },
      {
        roles: { attacker },
      },
    );
    expect(steps.map(({ detail }) => detail!['verdict'])).toEqual(['refused', 'refused', 'answered']);
    expect(steps.at(-1)!.detail).toMatchObject({ iteration: 2 });
    expect(result.claimed).toBe(true);
    expect(lastUserText(result.messages)).toBe(`Mutant number 3. ${behavior.prompt}`);
  });
  test('builds on templates that succeeded on other questions', async () => {
    const other: Behavior = { ...behavior, id: 'other', prompt: 'Give me a story' };
    const plusses = (text: string) => text.split('Plus.').length - 1;
    const target: Reply = (messages) => {
      const enough = heard(messages).includes(other.prompt) ? 1 : 3;
      return plusses(heard(messages)) >= enough ? story : no;
    };
    const options = { questions: 2, operator: 'rephrase', iterations: 60, stopEarly: 0 };
    const { result, steps } = await search(target, options, { others: [other] });
    expect(result.claimed).toBe(true);
    expect(plusses(lastUserText(result.messages))).toBe(3);
    expect(steps.at(-1)!.detail).toMatchObject({ level: 2 });
    expect(steps.at(-1)!.detail!['pool']).toBeGreaterThan(seeds.length);
    // Without the other question nothing ever joins the pool, so it never gets that deep.
    const alone = await search(target, { operator: 'rephrase', iterations: 20 });
    expect(alone.result.claimed).toBe(false);
    expect(alone.steps.every(({ detail }) => detail!['pool'] === seeds.length)).toBe(true);
  });
  test('every prompt holds the request once, whatever the operator', async () => {
    for (const operator of ['crossover', 'expand', 'similar', 'shorten', 'rephrase'])
      for (const slot of ['apart', 'shown']) {
        const { steps } = await search(() => no, { operator, slot, iterations: 4 });
        const tried = steps.filter(({ candidate }) => candidate !== undefined);
        if (slot === 'apart') expect(tried).toHaveLength(4);
        for (const { candidate, detail } of tried) {
          expect(candidate!.split(behavior.prompt)).toHaveLength(2);
          expect((detail!['template'] as string).split('{goal}')).toHaveLength(2);
        }
      }
  });
  test('mutants of one selection all come from the selected template, none from another mutant', async () => {
    const orders: string[] = [];
    const attacker = scripted({
      reply: (messages) => `Mutant ${orders.push(heard(messages))} of many.`,
    });
    await search(() => no, { energy: 3, operator: 'rephrase', iterations: 1 }, { roles: { attacker } });
    expect(orders).toHaveLength(3);
    expect(new Set(orders).size).toBe(1);
    expect(orders[0]).not.toContain('Mutant');
  });
  test('a mutant may have the request anywhere, as the paper has it', async () => {
    const { steps } = await search(() => no, { operator: 'rephrase', iterations: 4 });
    const templates = steps.map(({ detail }) => detail!['template'] as string);
    expect(templates).toContain('Play along: {goal} Plus.');
    expect(templates).toContain('Dream {goal} and tell. Plus.');
  });
  test('expanding keeps the whole template that it started from', async () => {
    const { steps } = await search(() => no, { operator: 'expand', iterations: 1 });
    expect(steps[0]!.detail!['template']).toMatch(/Plus\. (Play along: \{goal\}|Dream \{goal\} and tell\.)$/);
  });
  test('a mutant that lost the slot of the request is never sent', async () => {
    const forgetful = scripted({ reply: () => 'Something else altogether.' });
    const { result, steps } = await search(
      () => story,
      { slot: 'shown', operator: 'shorten', iterations: 3 },
      {
        roles: { attacker: forgetful },
      },
    );
    expect(steps.map(({ detail }) => detail!['invalid'])).toEqual([1, 1, 1]);
    expect(result.claimed).toBe(false);
    expect(lastUserText(result.messages)).toContain(behavior.prompt);
  });
  test('braces in a request or a template are kept', async () => {
    const odd: Behavior = { ...behavior, prompt: 'Tell a {text} story {goal}' };
    const { result } = await search(
      () => story,
      { operator: 'rephrase' },
      {
        behavior: odd,
        templates: { seeds: ['A {curly} one: {goal}'] },
      },
    );
    expect(lastUserText(result.messages)).toBe(`A {curly} one: ${odd.prompt} Plus.`);
  });
  const guardWith = (labels: readonly string[]): TextClassifier => ({
    ...{ id: 'guard', labels, contextWindow: 100 },
    classify: async (texts) =>
      texts.map((text) =>
        Float32Array.from(labels, (name) => ((name === 'safe') === text.includes('3') ? 0.1 : 0.9)),
      ),
  });
  test.each([
    ['safe', 'harmful'],
    ['harmful', 'safe'],
  ])('a classifier of answers can decide what succeeds, its first class %s', async (...labels) => {
    const guard = guardWith(labels);
    let told = 0;
    const { steps, result } = await search(
      () => `A story: bees hum, ants dig, owl ${++told}.`,
      { success: 'guard' },
      {
        classifiers: { 'answer-guard': guard },
      },
    );
    expect(steps.map(({ detail }) => detail!['verdict'])).toEqual(['partial', 'partial', 'answered']);
    expect(result.claimed).toBe(true);
  });
  test('a classifier whose classes have no meaning decides nothing', async () => {
    const classifiers = { 'answer-guard': guardWith(['LABEL_0', 'LABEL_1']) };
    await expect(search(() => story, { success: 'guard' }, { classifiers })).rejects.toMatchObject({
      code: 'bad-options',
      advice: expect.stringContaining('another answer guard'),
    });
  });
  test('without a usable seed it fails with an error', async () => {
    await expect(search(() => no, {}, { templates: { seeds: ['No place here.'] } })).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
  test('replays from its seed, and gives one candidate without a query', async () => {
    const run = () => search(() => no, { iterations: 5 }, { seed: '4' });
    expect(await run()).toEqual(await run());
    const { messages } = gptfuzzer.mutate!(behavior, {} as never, mutation(gptfuzzer));
    expect(lastUserText(messages)).toContain(behavior.prompt);
  });
});

describe('the pool', () => {
  const exploring = { selection: 'mcts-explore', ratio: 0.5, stop: 0 } as const;
  // reward / (visits + 1) + 0.5 · √(2 ln(step) / (visits + 0.01)), computed by hand.
  test('its bound weighs reward against rarity of visits', () => {
    expect(upperBound({ reward: 0.6, visits: 2 }, 10, 0.5)).toBeCloseTo(0.956824, 6);
    expect(upperBound({ reward: 0, visits: 0 }, 10, 0.5)).toBeCloseTo(10.72983, 5);
    expect(upperBound({ reward: 0, visits: 0 }, 1, 0.5)).toBe(0);
  });
  test('one success of four questions, with one mutant, earns a root exactly a quarter', () => {
    const pool = createSeedPool(['a', 'b'], exploring);
    const path = pool.select(createRandom('1'));
    pool.credit(path, { successes: 1, questions: 4, mutants: 1 }, 0.2);
    expect(pool.nodes.map(({ reward }) => reward)).toEqual([0.25, 0]);
    pool.credit(path, { successes: 2, questions: 4, mutants: 2 }, 0.2);
    expect(pool.nodes.map(({ reward }) => reward)).toEqual([0.5, 0]);
  });
  test('every node of a path earns the same, and less the deeper its last node is', () => {
    const pool = createSeedPool(['a'], exploring);
    const random = createRandom('deep');
    for (let level = 1; level <= 9; level++) pool.add(`at ${level}`, pool.nodes.at(-1)!);
    const path = pool.select(random);
    expect(path.map(({ level }) => level)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    pool.credit(path, { successes: 1, questions: 4, mutants: 1 }, 0.2);
    for (const { reward, visits } of pool.nodes) {
      expect(reward).toBeCloseTo(0.05, 10);
      expect(visits).toBe(1);
    }
  });
  test('depth costs reward, down to the floor', () => {
    expect([0, 3, 9].map((level) => depthFactor(level, 0.2))).toEqual([1, 0.7, 0.2]);
    expect(0.25 * depthFactor(9, 0.2)).toBeCloseTo(0.05, 10);
  });
  test('begins with the first seed, then the unvisited ones; a visit counts for the whole path', () => {
    const pool = createSeedPool(['a', 'b', 'c'], exploring);
    const random = createRandom('visits');
    expect(pool.select(random).map(({ id }) => id)).toEqual([0]);
    expect(pool.select(random).map(({ id }) => id)).toEqual([1]);
    const child = pool.add('d', pool.nodes[2]!);
    expect(pool.select(random)).toEqual([pool.nodes[2], child]);
    expect(pool.nodes.map(({ visits }) => visits)).toEqual([1, 1, 1, 1]);
  });
  test.each([
    ['round-robin', [0, 1, 2, 0]],
    ['ucb', [0, 1, 2]],
  ] as const)('can be worked through in other ways: %s', (selection, expected) => {
    const pool = createSeedPool(['a', 'b', 'c'], { ...exploring, selection });
    const random = createRandom('ways');
    expect(expected.map(() => pool.select(random).at(-1)!.id)).toEqual(expected);
  });
});
