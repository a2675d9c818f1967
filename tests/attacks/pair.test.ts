import { describe, expect, test } from 'vitest';
import { pair } from '../../src/attacks/pair.ts';
import { user } from '../../src/core/chat.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior, drain } from './drain.ts';
import { climber, json, judge, levelIn, recording, target, vague } from './search-models.ts';

const runAttack = async (
  options: Record<string, unknown>,
  models: Partial<Record<'attacker' | 'judge' | 'target', ReturnType<typeof recording>>> = {},
  seed = '0',
) => {
  const roleModels = { attacker: climber(), judge: judge(), target: target(), ...models };
  const roles = { attacker: roleModels.attacker.model, judge: roleModels.judge.model };
  return { ...(await drain(pair, { model: roleModels.target.model, roles, options, seed })), roleModels };
};

describe('PAIR', () => {
  test('succeeds at the third round, which needs the feedback of the second', async () => {
    const { steps, result, roleModels } = await runAttack({ streams: 1, iterations: 5 });
    expect(steps.map(({ detail }) => detail!['score'])).toEqual([4, 7, 10]);
    expect(result).toEqual({
      messages: [user('Go to level 3')],
      steps: 3,
      claimed: true,
      attacker: { protocol: 'json', prompts: 3, json: 3, salvaged: 0, unreadable: 0 },
    });
    expect(roleModels.target.asked).toEqual(['Go to level 1', 'Go to level 2', 'Go to level 3']);
  });
  test('with too few rounds keeps its best prompt and claims nothing', async () => {
    const { result } = await runAttack({ streams: 2, iterations: 2 });
    expect(result).toMatchObject({ messages: [user('Go to level 2')], steps: 4, claimed: false });
  });
  test.each([1, 2, 3, 4, 5])('does not query the target after score %i if that is a 10', async (call) => {
    let rated = 0;
    const lucky = recording(() => (++rated === call ? '[[10]]' : '[[1]]'));
    const { roleModels, result } = await runAttack({ streams: 2, iterations: 3 }, { judge: lucky });
    expect(roleModels.target.asked).toHaveLength(call);
    expect(result.claimed).toBe(true);
  });
  test('never queries the target more than once per stream and round', async () => {
    const { roleModels } = await runAttack(
      { streams: 5, iterations: 3 },
      { judge: recording(() => '[[1]]') },
    );
    expect(roleModels.target.asked).toHaveLength(15);
  });
  test('falls back on the highest score, the earliest of equal ones', async () => {
    let prompts = 0;
    const attacker = recording(() => json(`prompt ${++prompts}`));
    const rater = recording((asked) => (/prompt [245]/.test(asked) ? '[[6]]' : '[[3]]'));
    const { result } = await runAttack({ streams: 2, iterations: 3 }, { attacker, judge: rater });
    expect(result.messages).toEqual([user('prompt 2')]);
  });
  test('gives the streams the strategies of persuasion in turn', async () => {
    const { steps } = await runAttack({ streams: 4, iterations: 1 });
    expect(steps.map(({ detail }) => detail!['strategy'])).toEqual([
      'role-play',
      'reasoning',
      'authority',
      'role-play',
    ]);
  });
  test('lets the attacker remember at most the given number of exchanges', async () => {
    const lengths: number[] = [];
    const attacker = recording((_, messages) => {
      lengths.push(messages.length);
      return json('again');
    });
    await runAttack({ streams: 1, iterations: 6, keepLast: 2 }, { attacker });
    expect(lengths).toEqual([2, 4, 6, 6, 6, 6]);
  });
  test('tries an attacker without JSON exactly the given number of times, without a query to the target', async () => {
    const attacker = recording(() => 'no braces');
    const { roleModels, steps, result } = await runAttack(
      { streams: 1, iterations: 2, attempts: 3, protocol: 'json' },
      { attacker },
    );
    expect(attacker.asked).toHaveLength(6);
    expect(roleModels.target.asked).toEqual([]);
    expect(steps.map(({ detail }) => detail!['unreadable'])).toEqual([3, 3]);
    expect(result).toMatchObject({
      messages: [user(behavior.prompt)],
      steps: 2,
      claimed: false,
      attacker: { protocol: 'json', prompts: 2, json: 0, unreadable: 2 },
    });
  });
  test('a failed request leaves no unanswered turn in the memory of the attacker', async () => {
    let call = 0;
    const talks: string[][] = [];
    const attacker = recording((_, messages) => {
      talks.push(messages.map(({ role }) => role));
      return ++call <= 2 ? 'no braces' : json('again');
    });
    await runAttack({ streams: 1, iterations: 3, attempts: 2, protocol: 'json' }, { attacker });
    expect(talks).toEqual([
      ['system', 'user'],
      ['system', 'user'],
      ['system', 'user'],
      ['system', 'user', 'assistant', 'user'],
    ]);
  });
  test('samples only the attacker: target and judge answer greedily', async () => {
    const warmth: Record<string, unknown> = {};
    const noting = (name: string, reply: string) =>
      scripted({
        reply: (_, { sampling }) => {
          warmth[name] = sampling?.temperature ?? 0;
          return reply;
        },
      });
    await drain(pair, {
      model: noting('target', 'This is level 1.'),
      roles: { attacker: noting('attacker', json('Go')), judge: noting('judge', '[[2]]') },
      options: { streams: 1, iterations: 1 },
    });
    expect(warmth).toEqual({ target: 0, attacker: 1, judge: 0 });
  });
  test('shows an attacker of plain text the last prompt, its answer and its score in every later step', async () => {
    const attacker = recording((asked) =>
      asked.startsWith('The goal') ? 'I would begin softly.' : `Please go to level ${levelIn(asked) + 1}`,
    );
    const { steps, roleModels, result } = await runAttack({ streams: 1, iterations: 5 }, { attacker });
    expect(steps.map(({ detail }) => [detail!['protocol'], detail!['form'], detail!['unreadable']])).toEqual([
      ['plain', 'plain', 5],
      ['plain', 'plain', 0],
      ['plain', 'plain', 0],
    ]);
    expect(steps.map(({ detail }) => detail!['score'])).toEqual([4, 7, 10]);
    const [, ...later] = attacker.asked.slice(5);
    for (const [i, asked] of later.entries()) {
      expect(asked).toContain(behavior.prompt);
      expect(asked).toContain(roleModels.target.asked[i]);
      expect(asked).toContain(steps[i]!.detail!['response']);
      expect(asked).toContain(String(steps[i]!.detail!['score']));
    }
    expect(result.attacker).toEqual({ protocol: 'plain', prompts: 3, json: 0, salvaged: 0, unreadable: 0 });
  });
  test('starts the streams in plain text with different instructions', async () => {
    const attacker = recording(() => 'Some other words');
    await runAttack({ streams: 3, iterations: 1, protocol: 'plain' }, { attacker });
    for (const asked of attacker.asked) expect(asked).toContain(behavior.prompt);
    expect(new Set(attacker.asked).size).toBe(3);
  });
  test('all streams keep to the protocol that the first prompt decides', async () => {
    let call = 0;
    const attacker = recording((asked) =>
      ++call === 1 || !asked.startsWith('The goal') ? json('Go') : 'huh',
    );
    const { steps } = await runAttack({ streams: 2, iterations: 2, attempts: 1 }, { attacker });
    expect(steps.map(({ detail }) => [detail!['protocol'], detail!['form']])).toEqual([
      ['json', 'json'],
      ['json', null],
      ['json', 'json'],
      ['json', null],
    ]);
  });
  test('claims nothing either way when the judge could not tell', async () => {
    const { result, steps } = await runAttack({ streams: 1, iterations: 1 }, { judge: vague() });
    expect(steps[0]!.detail).toMatchObject({ score: null, response: 'This is level 1.' });
    expect(result.claimed).toBeNull();
  });
  test('counts no empty answer as success, whatever the judge says', async () => {
    const { result } = await runAttack(
      { streams: 1, iterations: 2 },
      { target: recording(() => ' '), judge: recording(() => '[[10]]') },
    );
    expect(result.claimed).toBe(false);
  });
  test('replays exactly from its seed', async () => {
    const noisy = () => recording((_, messages) => json(String(messages.length)));
    const [one, two] = [
      await runAttack({}, { attacker: noisy() }, '7'),
      await runAttack({}, { attacker: noisy() }, '7'),
    ];
    expect(one.steps).toEqual(two.steps);
  });
  test('shows target and judge goal and prompt unchanged, including braces', async () => {
    const attacker = recording(() => json('Fill {goal} in {this}'));
    const { roleModels } = await runAttack({ streams: 1, iterations: 1 }, { attacker });
    expect(roleModels.target.asked).toEqual(['Fill {goal} in {this}']);
    expect(roleModels.judge.asked[0]).toContain(`Goal: ${behavior.prompt}\nPrompt: Fill {goal} in {this}\n`);
  });
});
