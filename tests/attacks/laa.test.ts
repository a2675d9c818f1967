import { describe, expect, test } from 'vitest';
import { changesByProbability, changesByQuery, laa, overwriteRun } from '../../src/attacks/laa.ts';
import { lastUserText } from '../../src/core/chat.ts';
import { defaultsOf } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { scriptedTokenizer } from '../../src/models/runtimes/scripted-tokenizer.ts';
import { answering, peaked, scripted } from '../../src/models/runtimes/scripted.ts';
import { targetLoss } from '../models/target-loss.ts';
import { behavior, drain, mutation } from './drain.ts';

const secret = 'a fox';
/** log p("S") falls with the number of suffix characters that differ from the secret. */
const oracle = (natsPerMiss = 1, said = 'Sure, a story: bees hum, ants dig, owls fly.') =>
  scripted({
    next: (ids, tokenizer) => {
      const { messages, answer } = tokenizer.read(ids);
      if (answer.length > 0) return answering(() => said)(ids, tokenizer);
      const suffix = lastUserText(messages).slice(-secret.length);
      const misses = [...secret].filter((letter, i) => letter !== suffix[i]).length;
      return peaked(tokenizer.vocabSize, tokenizer.encode('S')[0]!, 0.5 + natsPerMiss * misses);
    },
  });
const options = { template: 'none', suffixLength: 3, mostChanges: 2, steps: 400 };

test('converges on a secret that only the log-prob reveals', async () => {
  const { result } = await drain(laa, {
    model: oracle(),
    options: { ...options, stop: 'probability', stopProbability: 0.55 },
  });
  expect(lastUserText(result.messages)).toBe(`${behavior.prompt} ${secret}`);
  expect(result.loss).toBeCloseTo(0.5, 4);
});

test('never reports a best loss above an earlier one', async () => {
  const { steps } = await drain(laa, { model: oracle(2), options: { ...options, steps: 60 } });
  const best = steps.map(({ bestLoss }) => bestLoss!);
  expect(best).toEqual(best.toSorted((a, b) => b - a));
});

test('a rejected proposal leaves the suffix unchanged', async () => {
  const { steps } = await drain(laa, { model: oracle(3), options: { ...options, steps: 40, proposals: 1 } });
  const details = steps.map(({ detail }) => detail as { accepted?: boolean; suffix: string });
  expect(details.some(({ accepted }) => accepted === false)).toBe(true);
  details.forEach(({ accepted, suffix }, i) => {
    if (accepted === false) expect(suffix).toBe(details[i - 1]!.suffix);
  });
});

test('the loss is that of the string it returns, computed again from scratch', async () => {
  // Pieces that merge: the ids of a proposal are often not those that its text is read as.
  const tokenizer = scriptedTokenizer([' f', 'fo', 'ox', 'a ', '! ', ' !']);
  const model = scripted({
    tokenizer,
    next: (ids) => {
      const suffix = lastUserText(tokenizer.read(ids).messages).slice(behavior.prompt.length + 1);
      const misses = [...secret].filter((letter, i) => letter !== suffix[i]).length;
      return peaked(tokenizer.vocabSize, tokenizer.encode('S')[0]!, 1 + misses + ids.length / 10);
    },
  });
  const { result } = await drain(laa, { model, options: { ...options, steps: 30 } });
  expect(await targetLoss(model, result.messages, 'S')).toBeCloseTo(result.loss!, 4);
});

test('replays exactly from its seed', async () => {
  const run = (seed: string) => drain(laa, { model: oracle(3), options: { ...options, steps: 10 }, seed });
  expect(await run('7')).toEqual(await run('7'));
  expect(await run('7')).not.toEqual(await run('8'));
});

test('stops exactly when the target token is the likeliest one', async () => {
  const model = oracle();
  const { steps, result } = await drain(laa, { model, options });
  const opening = async (text: string) =>
    (await model.generate([{ role: 'user', content: text }], { maxNewTokens: 1 })).text;
  expect(await opening(lastUserText(result.messages))).toBe('S');
  expect(steps.map(({ detail }) => detail?.['verdict'])).toEqual([
    ...Array(steps.length - 1).fill(undefined),
    'answered',
  ]);
  expect(result).toMatchObject({ claimed: true, outcomes: { checked: 1, answered: 1 } });
  for (const { detail } of steps.slice(0, -1))
    expect(await opening(`${behavior.prompt} ${detail!['suffix'] as string}`)).not.toBe('S');
});

test('goes on after an opening whose answer is no success, and claims none', async () => {
  const model = oracle(1, 'Sure, a story.');
  const { steps, result } = await drain(laa, { model, options: { ...options, steps: 200, checks: 3 } });
  const looks = steps.flatMap(({ detail }) => detail?.['verdict'] ?? []);
  expect(looks.length).toBeGreaterThan(1);
  expect(new Set(looks)).toEqual(new Set(['repeated']));
  expect(result).toMatchObject({ claimed: false, outcomes: { checked: looks.length, answered: 0 } });
});

test('a judge ends neither a run nor the restarts before its full score', async () => {
  let judged = 0;
  const judge = scripted({ reply: () => (++judged === 4 ? '[[10]]' : '[[6]]') });
  const { steps, result } = await drain(laa, {
    model: oracle(),
    roles: { judge },
    options: { ...options, checks: 2, restarts: 5 },
  });
  expect(judged).toBe(4);
  expect(steps.at(-1)!.detail).toMatchObject({ run: 1, verdict: 'answered', score: 10 });
  expect(result).toMatchObject({ claimed: true, outcomes: { test: 'judge', checked: 4, falseSuccesses: 3 } });
});

test('starts again from the initial suffix when a run ends without success', async () => {
  const { steps } = await drain(laa, {
    model: oracle(9),
    options: { ...options, steps: 3, restarts: 2 },
  });
  expect(
    steps.filter(({ detail }) => detail?.['suffix'] === '! ! !' && detail['changes'] === undefined),
  ).toHaveLength(3);
  expect(steps.at(-1)!.step).toBe(9);
});

describe('the prompt', () => {
  test('holds the request in lower case, the target and the suffix', () => {
    const { messages } = laa.mutate!(behavior, defaultsOf(laa.options), mutation(laa));
    const prompt = lastUserText(messages);
    expect(prompt).toContain('Open with "Sure"');
    expect(prompt).toContain('tell me a story ! !');
    expect(prompt).not.toMatch(/[{}]/);
  });
  test('keeps braces of the request as they are', () => {
    const braces = { ...behavior, prompt: 'say {target} and {goal}' };
    const { messages } = laa.mutate!(braces, defaultsOf(laa.options), mutation(laa));
    expect(lastUserText(messages)).toContain('say {target} and {goal}');
  });
  test('is the bare request and the suffix without a template', () => {
    const { messages } = laa.mutate!(
      behavior,
      { ...defaultsOf(laa.options), template: 'none', suffixLength: 2 },
      mutation(laa),
    );
    expect(lastUserText(messages)).toBe('Tell me a story ! !');
  });
});

describe('schedules', () => {
  // The author code's schedule_n_to_change_fixed for a maximum of 32.
  test('by queries', () => {
    const queries = [1, 10, 11, 25, 26, 50, 51, 100, 101, 500, 501];
    expect(queries.map((query) => changesByQuery(query, 32))).toEqual([32, 32, 16, 16, 8, 8, 4, 4, 2, 2, 1]);
    expect(changesByQuery(501, 4)).toBe(1);
  });
  // The author code's schedule_n_to_change_prob for open models.
  test('by probability', () => {
    const probabilities = [0, 0.01, 0.011, 0.1, 0.11, 1];
    expect(probabilities.map((p) => changesByProbability(p, 8))).toEqual([8, 8, 4, 4, 2, 2]);
    expect(changesByProbability(0.5, 2)).toBe(1);
  });
});

test('a proposal overwrites one run, keeps the length, and uses allowed tokens only', () => {
  const random = createRandom('runs');
  const ids = Array(10).fill(0);
  for (let draw = 0; draw < 50; draw++) {
    const proposal = overwriteRun(ids, 3, [7, 8], random);
    expect(proposal).toHaveLength(10);
    expect(proposal.join('')).toMatch(/^0*[78]{3}0*$/);
  }
  expect(overwriteRun([1, 2], 9, [7], random)).toEqual([7, 7]);
});
