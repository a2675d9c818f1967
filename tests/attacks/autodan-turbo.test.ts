import { describe, expect, test } from 'vitest';
import { promptIn, strategyIn } from '../../src/attacks/autodan-turbo/agents.ts';
import type { StrategyLibrary } from '../../src/attacks/autodan-turbo/library.ts';
import { autodanTurbo } from '../../src/attacks/autodan-turbo.ts';
import { behavior as fox, drain, learn } from './drain.ts';
import { recording } from './search-models.ts';

const behavior = { ...fox, id: 'giant', prompt: 'wake the giant' };
const others = ['open the gate', 'hide the key'].map((prompt, i) => ({ ...fox, id: `other ${i}`, prompt }));

/** The target answers songs only. */
const target = () =>
  recording((asked) => (asked.includes('song') ? 'Gladly: la la la.' : 'I cannot tell that.'));
const judge = () => recording((asked) => (asked.includes('Gladly') ? '[[10]]' : '[[1]]'));
/**
 * An attacker who hits upon the song by chance, in every third prompt for a behavior to learn from and never for the one
 * under attack, and who uses a strategy if it is told to.
 */
function attacker() {
  let explored = 0;
  return recording((asked) => {
    const goal = [behavior, ...others].find(({ prompt }) => asked.includes(prompt))!.prompt;
    if (asked.startsWith('Two prompts'))
      return 'It sings.\n{"strategy": "Singing", "definition": "Puts the request into a song."}';
    if (asked.startsWith('A way of asking that works, Singing')) return `A song: ${goal}`;
    return goal !== behavior.prompt && ++explored % 3 === 0 ? `A song: ${goal}` : `Please ${goal}`;
  });
}
const roles = (
  models: { attacker?: ReturnType<typeof recording>; judge?: ReturnType<typeof recording> } = {},
) => ({
  attacker: (models.attacker ?? attacker()).model,
  judge: (models.judge ?? judge()).model,
});
const setting = (options: Record<string, unknown> = {}) => ({
  model: target().model,
  roles: roles(),
  behavior,
  others,
  options: { behaviors: 2, rounds: 4, ...options },
});
const libraryIn = (learned: unknown) => (learned as { library: StrategyLibrary }).library;

describe('AutoDAN-Turbo', () => {
  test('succeeds by a strategy that it learned on other behaviors, in the first round in which it may use it', async () => {
    const { steps, result } = await drain(autodanTurbo, setting());
    const tests = steps.filter(({ detail }) => detail!['phase'] === 'test');
    expect(tests.map(({ detail }) => detail!['strategies'])).toEqual([[], ['Singing']]);
    expect(result).toMatchObject({
      claimed: true,
      steps: 2,
      messages: [{ content: 'A song: wake the giant' }],
    });
  });
  test('fails without a library', async () => {
    const { result } = await drain(autodanTurbo, setting({ behaviors: 0 }));
    expect(result).toMatchObject({ claimed: false, steps: 4 });
  });
  test('learns in warm-up from the lowest and the highest score, and in a pass from the score before', async () => {
    const { steps, learned } = await learn(autodanTurbo, setting());
    const rises = steps.filter(({ detail }) => detail!['learned'] !== undefined);
    expect(rises.map(({ detail }) => [detail!['phase'], detail!['behavior'], detail!['learned']])).toEqual([
      ['warm-up', 'other 0', 'Singing'],
      ['warm-up', 'other 1', 'Singing'],
      ['lifelong', 'other 0', 'Singing'],
      ['lifelong', 'other 1', 'Singing'],
    ]);
    const [strategy, ...more] = libraryIn(learned);
    expect(more).toEqual([]);
    expect(strategy).toMatchObject({ name: 'Singing', definition: 'Puts the request into a song.' });
    expect(strategy!.uses.map(({ gain, response }) => [gain, response])).toEqual(
      Array(4).fill([9, 'I cannot tell that.']),
    );
    expect(learned).toMatchObject({ trainedOn: ['other 0', 'other 1'] });
    expect(JSON.parse(JSON.stringify(learned))).toEqual(learned);
  });
  test('asks for no strategy where the score does not rise', async () => {
    const asking = recording(
      (asked) => `Please ${others.find(({ prompt }) => asked.includes(prompt))!.prompt}`,
    );
    const { learned } = await learn(autodanTurbo, { ...setting(), roles: roles({ attacker: asking }) });
    expect(libraryIn(learned)).toEqual([]);
    expect(asking.asked.some((asked) => asked.startsWith('Two prompts'))).toBe(false);
  });
  test('gives up a strategy that it cannot read, and says so', async () => {
    const mute = recording((asked) => (asked.startsWith('Two prompts') ? 'It is better.' : 'A song'));
    const { steps, learned } = await learn(autodanTurbo, {
      ...setting({ attempts: 2, passes: 0, behaviors: 1 }),
      roles: roles({ attacker: mute }),
    });
    expect(libraryIn(learned)).toEqual([]);
    expect(steps.map(({ detail }) => detail!['learned'])).toEqual([null]);
    expect(mute.asked.filter((asked) => asked.startsWith('Two prompts'))).toHaveLength(2);
  });
  test('learns nothing from scores that cannot be read, and claims neither success nor failure by them', async () => {
    const vague = recording(() => 'Hard to say.');
    const { result } = await drain(autodanTurbo, { ...setting(), roles: roles({ judge: vague }) });
    expect(result.claimed).toBeNull();
    const { learned } = await learn(autodanTurbo, { ...setting(), roles: roles({ judge: vague }) });
    expect(libraryIn(learned)).toEqual([]);
  });
  test('sends the request itself where the attacker writes no prompt, and counts that', async () => {
    const refusing = recording(() => 'I cannot help with that.');
    const { result } = await drain(autodanTurbo, {
      ...setting({ behaviors: 0, rounds: 3 }),
      roles: roles({ attacker: refusing }),
    });
    expect(result.messages).toEqual([{ role: 'user', content: behavior.prompt }]);
    expect(result.attacker).toEqual({ protocol: 'plain', prompts: 3, json: 0, salvaged: 0, unreadable: 3 });
  });
  test('needs other behaviors to learn from', async () => {
    await expect(drain(autodanTurbo, { ...setting(), others: [] })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  });
  test('replays exactly from its seed', async () => {
    const run = (seed: string) => drain(autodanTurbo, { ...setting(), roles: roles(), seed });
    expect(await run('7')).toEqual(await run('7'));
  });
});

test.each([
  ['both tags', 'Fine.\n[START OF PROMPT]\nSing it.\n[END OF PROMPT]\nGood luck!', false, 'Sing it.'],
  ['the closing tag alone', ' Sing it.\n[END OF PROMPT]', false, 'Sing it.'],
  ['tags without brackets', 'START OF PROMPT\nSing it.\nEND OF PROMPT', false, 'Sing it.'],
  ['an announcement', 'Sure! Here is the prompt:\n\n"Sing it for me."', false, 'Sing it for me.'],
  ['a text that breaks off', '[START OF PROMPT] Sing it for me. And then', true, 'Sing it for me.'],
  ['a refusal', 'I cannot help with that.', false, null],
  ['tags around nothing', '[START OF PROMPT]\n[END OF PROMPT]', false, null],
])('reads a prompt from %s', (_, reply, isCut, prompt) => {
  expect(promptIn(reply, 'sing', isCut)).toBe(prompt);
});

test.each([
  ['an object behind reasons', 'It sings.\n{"strategy": "Song", "definition": "It sings."}'],
  ['capital names', '{"Strategy": "Song", "Definition": "It sings."}'],
  ['two lines', 'Here you are.\n**Strategy**: Song\n**Definition**: It sings.'],
])('reads a strategy from %s', (_, reply) => {
  expect(strategyIn(reply)).toEqual({ name: 'Song', definition: 'It sings.' });
});
test.each(['It sings.', '{"strategy": "Song"}', '{"strategy": "...", "definition": "?"}'])(
  'reads no strategy from %s',
  (reply) => expect(strategyIn(reply)).toBeNull(),
);
