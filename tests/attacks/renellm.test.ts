import { describe, expect, test } from 'vitest';
import { renellm } from '../../src/attacks/renellm.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { scripted, type Reply } from '../../src/models/runtimes/scripted.ts';
import { behavior, drain, mutation } from './drain.ts';

const story = 'The story: bees hum, ants dig, owls fly.';
const no = 'Sorry, no.';
const counting = (reply: (call: number, said: string) => string) => {
  const said: string[] = [];
  const model = scripted({
    reply: (messages) => {
      said.push(lastUserText(messages));
      return reply(said.length, said.at(-1)!);
    },
  });
  return { model, said };
};
const search = (
  reply: Reply,
  { attacker = counting((_, text) => text.split('\n').at(-1)!), judge = counting(() => 'yes') } = {},
  options: Record<string, unknown> = {},
) =>
  drain(renellm, {
    model: scripted({ reply }),
    roles: { attacker: attacker.model, judge: judge.model },
    options: { success: 'words', ...options },
  });

describe('the search', () => {
  test('succeeds at the third prompt where only the third can', async () => {
    let asked = 0;
    const { result, steps } = await search(() => (++asked === 3 ? story : no));
    expect(asked).toBe(3);
    expect(steps.map(({ detail }) => detail!['verdict'])).toEqual(['refused', 'refused', 'answered']);
    expect(result).toMatchObject({ steps: 3, claimed: true });
    expect(lastUserText(result.messages)).toBe(steps.at(-1)!.candidate);
  });
  test('rewrites until the judge finds that it still asks for harm', async () => {
    const judge = counting((call) => (call < 3 ? 'no' : 'yes'));
    const { steps } = await search(() => story, { judge });
    expect(judge.said).toHaveLength(3);
    expect(steps[0]!.detail).toMatchObject({ rounds: 3, accepted: true });
  });
  test('gives up rewriting after the given rounds, and reports that none was accepted', async () => {
    for (const [verdict, accepted] of [
      ['no', false],
      ['perhaps', null],
    ] as const) {
      const judge = counting(() => verdict);
      const { steps } = await search(() => story, { judge }, { rewrites: 2 });
      expect(judge.said).toHaveLength(2);
      expect(steps[0]!.detail).toMatchObject({ rounds: 2, accepted });
    }
  });
  test('never exceeds its number of queries', async () => {
    let asked = 0;
    const counted = () => {
      asked++;
      return no;
    };
    const { result } = await search(counted, {}, { iterations: 5 });
    expect(asked).toBe(5);
    expect(result).toMatchObject({ steps: 5, claimed: false });
  });
  test('uses each operator at most once in a round, and starts from the request each time', async () => {
    const attacker = counting((_, text) => `${text.split('\n').at(-1)!}+`);
    const { steps } = await search(() => no, { attacker }, { iterations: 12 });
    for (const { detail } of steps) {
      const used = detail!['operators'] as string[];
      expect(new Set(used).size).toBe(used.length);
      expect(detail!['rewritten']).toBe(behavior.prompt + '+'.repeat(used.length));
    }
  });
  test('nests the rewritten text once, and in every scenario', async () => {
    const { steps } = await search(() => no, {}, { iterations: 20 });
    for (const { candidate } of steps) expect(candidate!.split(behavior.prompt)).toHaveLength(2);
    expect(new Set(steps.map(({ detail }) => detail!['scenario']))).toEqual(
      new Set(['code', 'table', 'story']),
    );
  });
  test('uses one line of a list of proposals, without its number', async () => {
    const attacker = counting(() => '1. Short one.\n2. Other one.');
    const { steps } = await search(() => story, { attacker });
    expect(['Short one.', 'Other one.']).toContain(steps[0]!.detail!['rewritten']);
  });
  test('uses none of the words that a rewriter puts around its text', async () => {
    const attacker = counting(
      () => 'Sure! Here\'s the text in slang:\n\n"Yo, a story!"\n\nLet me know if you need more!',
    );
    const { steps } = await search(() => no, { attacker }, { iterations: 8 });
    for (const { detail } of steps) expect(detail!['rewritten']).toBe('Yo, a story!');
  });
  test('a rewriter that refuses or writes nothing leaves the text unchanged', async () => {
    for (const reply of ['I am sorry, I cannot.', ' ']) {
      const { steps } = await search(() => story, { attacker: counting(() => reply) });
      expect(steps[0]!.detail!['rewritten']).toBe(behavior.prompt);
    }
  });
  test('an empty answer is no success', async () => {
    expect((await search(() => ' ', {}, { iterations: 2 })).result.claimed).toBe(false);
  });
  test('replays from its seed', async () => {
    const run = () => search(() => no, {}, { iterations: 4, rules: true });
    expect(await run()).toEqual(await run());
  });
});

test('gives one candidate without any model, rewritten and nested', () => {
  const made = renellm.mutate!(behavior, defaultsOf(renellm.options), mutation(renellm, { seed: '3' }));
  expect(lastUserText(made.messages).length).toBeGreaterThan(behavior.prompt.length);
});
