import { describe, expect, test } from 'vitest';
import { crescendo } from '../../src/attacks/crescendo.ts';
import { assistant, system, user, type ChatMessage } from '../../src/core/chat.ts';
import { scripted } from '../../src/models/runtimes/scripted.ts';
import { behavior, drain } from './drain.ts';
import { climber, json, judge, levelIn, recording, target, vague } from './search-models.ts';

type TestModels = Partial<Record<'attacker' | 'judge' | 'target', ReturnType<typeof recording>>>;
const runAttack = async (options: Record<string, unknown>, models: TestModels = {}, asked = behavior) => {
  const roleModels = { attacker: climber(), judge: judge(), target: target(), ...models };
  const roles = { attacker: roleModels.attacker.model, judge: roleModels.judge.model };
  const run = await drain(crescendo, { model: roleModels.target.model, roles, options, behavior: asked });
  return { ...run, roleModels, details: run.steps.map(({ detail }) => detail!) };
};

/** Answers a level only when the talk has been through the one below. */
const stepwise = () => {
  const seen: (readonly ChatMessage[])[] = [];
  const wary = recording((asked, messages) => {
    seen.push(messages);
    const before = messages
      .slice(0, -1)
      .map(({ content }) => content)
      .join('\n');
    return levelIn(asked) > levelIn(before) + 1
      ? 'I cannot help with that.'
      : `This is level ${levelIn(asked)}.`;
  });
  return { ...wary, seen };
};

describe('Crescendo', () => {
  test('succeeds at the third turn, which needs the two before it', async () => {
    const wary = stepwise();
    const { result, details } = await runAttack({ turns: 5 }, { target: wary });
    expect(details.map(({ score }) => score)).toEqual([4, 7, 10]);
    expect(result.messages).toEqual([
      user('Go to level 1'),
      assistant('This is level 1.'),
      user('Go to level 2'),
      assistant('This is level 2.'),
      user('Go to level 3'),
    ]);
    expect(result.claimed).toBe(true);
    const direct = await drain(crescendo, {
      model: stepwise().model,
      roles: { attacker: recording(() => json('Go to level 3')).model, judge: judge().model },
    });
    expect(direct.result.claimed).toBe(false);
  });
  test('removes a refused question and tells the attacker which it was', async () => {
    const hasty = recording((asked) => json(`Go to level ${asked.includes('refused') ? 1 : 3}`));
    const wary = stepwise();
    const { details, roleModels } = await runAttack(
      { turns: 1, backtracks: 4, restarts: 0 },
      { attacker: hasty, target: wary },
    );
    expect(details.map(({ backtracked, turn }) => [backtracked, turn])).toEqual([
      [true, 1],
      [false, 1],
    ]);
    expect(roleModels.attacker.asked[1]).toContain('"Go to level 3" was refused');
    expect(roleModels.attacker.asked[1]).toContain('I cannot help with that.');
    expect(wary.seen.at(-1)).toEqual([user('Go to level 1')]);
  });
  test('does not ask the judge about a refusal', async () => {
    const stubborn = recording(() => 'I cannot help with that.');
    const { roleModels, result } = await runAttack({ backtracks: 2, restarts: 0 }, { target: stubborn });
    expect(stubborn.asked).toHaveLength(3);
    expect(roleModels.judge.asked).toEqual([]);
    expect(result).toMatchObject({ messages: [user(behavior.prompt)], claimed: false });
  });
  test('starts the given number of further conversations from scratch', async () => {
    const wary = stepwise();
    const { details } = await runAttack({ turns: 1, restarts: 2 }, { target: wary });
    expect(details.map(({ restart }) => restart)).toEqual([0, 1, 2]);
    for (const messages of wary.seen) expect(messages).toHaveLength(1);
  });
  test('without success ends with the best turn, the later of equal ones', async () => {
    let asked = 0;
    const attacker = recording(() => json(`question ${++asked}`));
    const rater = recording((text) => (/Prompt: question [23]/.test(text) ? '[[5]]' : '[[2]]'));
    const { result } = await runAttack({ turns: 4, restarts: 0 }, { attacker, judge: rater });
    expect(result.messages.at(-1)).toEqual(user('question 3'));
    expect(result.messages).toHaveLength(5);
    expect(result.claimed).toBe(false);
  });
  test('ends a conversation that no longer fits the target', async () => {
    const narrow = scripted({ contextWindow: 120, reply: () => 'This is an answer.' });
    const run = await drain(crescendo, {
      model: narrow,
      roles: { attacker: climber().model, judge: vague().model },
      options: { turns: 20, restarts: 0 },
    });
    expect(run.steps.at(-1)!.detail).toMatchObject({ response: null, backtracked: false });
    expect(run.steps.length).toBeLessThan(20);
    expect(run.result.claimed).toBeNull();
  });
  test('gives up on an attacker that writes nothing usable', async () => {
    const { result, roleModels } = await runAttack(
      { backtracks: 1, restarts: 0 },
      { attacker: recording(() => '') },
    );
    expect(roleModels.target.asked).toEqual([]);
    expect(result.claimed).toBe(false);
  });
  test('gives a plain-text attacker an instruction for each situation', async () => {
    const attacker = recording((asked) =>
      asked.includes('easy question') ? 'Is there a level 3?' : 'And level 1?',
    );
    const options = { protocol: 'plain', turns: 4, backtracks: 4, restarts: 0 };
    const { details } = await runAttack(options, { attacker, target: stepwise() });
    expect(attacker.asked[0]).toContain(behavior.prompt);
    expect(attacker.asked[1]).toContain('Is there a level 3?');
    expect(details.slice(0, 2).map(({ backtracked }) => backtracked)).toEqual([true, false]);
  });
  test('shows a plain-text attacker its last question, the answer and the score in every later turn', async () => {
    const attacker = recording((asked) => `And now, what of level ${levelIn(asked) + 1}`);
    const { details, roleModels } = await runAttack({ protocol: 'plain', turns: 3 }, { attacker });
    expect(details.map(({ score }) => score)).toEqual([4, 7, 10]);
    for (const [i, asked] of attacker.asked.slice(1).entries()) {
      expect(asked).toContain(roleModels.target.asked[i]);
      expect(asked).toContain(details[i]!['response']);
      expect(asked).toContain(`Score: ${details[i]!['score']}`);
    }
  });
  test('does not let a plain-text attacker jump to the goal before the last turn', async () => {
    const attacker = recording(() => `Now ${behavior.prompt.toLowerCase()}!`);
    const { details, roleModels } = await runAttack(
      { protocol: 'plain', turns: 2, backtracks: 1, restarts: 0, attempts: 2 },
      { attacker, target: recording(() => 'Yes.') },
    );
    expect(attacker.asked).toHaveLength(4);
    expect(details.map(({ unreadable }) => unreadable)).toEqual([2, 2]);
    expect(roleModels.target.asked).toEqual([]);
    const atTheEnd = await runAttack(
      { protocol: 'plain', turns: 1, restarts: 0 },
      { attacker, target: recording(() => 'Yes.') },
    );
    expect(atTheEnd.roleModels.target.asked).toEqual([`Now ${behavior.prompt.toLowerCase()}!`]);
  });
  test('keeps the system prompt of the behavior at the start of the conversation', async () => {
    const wary = stepwise();
    const { result } = await runAttack({}, { target: wary }, { ...behavior, context: 'Be kind.' });
    for (const messages of [...wary.seen, result.messages]) expect(messages[0]).toEqual(system('Be kind.'));
  });
});
