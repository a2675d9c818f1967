import { describe, expect, test } from 'vitest';
import { candidateOf } from '../../../src/attacks/gcg/objective.ts';
import { reinforceObjective } from '../../../src/attacks/gcg/reinforce.ts';
import { judgedLengths, rewardOf } from '../../../src/attacks/gcg/reinforce/answers.ts';
import { leaveOneOut, positionWeights, tokenRewards } from '../../../src/attacks/gcg/reinforce/weights.ts';
import { gcg } from '../../../src/attacks/gcg.ts';
import { answerTest } from '../../../src/attacks/parts/success/checked-answer.ts';
import { initialSuffix, suffixPrompt } from '../../../src/attacks/parts/suffix/suffix-prompt.ts';
import { lastUserText, user } from '../../../src/core/chat.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { SpanRequest } from '../../../src/models/language-model.ts';
import { logSoftmax } from '../../../src/models/decoding/sampler.ts';
import { behavior, drain, mutation, roleContext } from '../drain.ts';
import { targetLoss } from '../../models/target-loss.ts';
import { recording } from '../search-models.ts';
import { firstLogits, helpful, hollow, tokenizer, toyModel } from './toy-answers.ts';

const signal = new AbortController().signal;
const options = { suffixLength: 4, steps: 25, candidates: 12, topK: 2, sampleTokens: 48, samples: 2 };
const judge = () => recording((asked) => (asked.includes('bees') ? '[[10]]' : '[[1]]')).model;
const search = (objective: string, more: Record<string, unknown> = {}, seed = '1') =>
  drain(gcg, {
    model: toyModel(),
    roles: { judge: judge() },
    options: { ...options, objective, ...more },
    seed,
  });

describe('GCG with sampled answers', () => {
  test('finds the answer that is rewarded, where the target string leads to a hollow one', async () => {
    const { result } = await search('reinforce');
    expect(result.claimed).toBe(true);
    const { text } = await toyModel().generate(result.messages, { maxNewTokens: 48 });
    expect(text).toBe(helpful);
    const plain = await search('cross-entropy');
    expect(plain.result.claimed).toBe(false);
    expect((await toyModel().generate(plain.result.messages, { maxNewTokens: 48 })).text).toBe(hollow);
  });
  test('samples the seed, a greedy answer and random ones in each step, and remembers the best', async () => {
    const { steps } = await search('reinforce');
    const kinds = steps.flatMap(({ detail }) =>
      detail?.['answers'] ? [(detail['answers'] as { kind: string }[]).map(({ kind }) => kind)] : [],
    );
    expect(kinds[0]).toEqual(['seed', 'greedy', 'random', 'random']);
    expect(kinds.at(-1)!.filter((kind) => kind === 'best').length).toBeLessThanOrEqual(1);
    expect(kinds.flat()).toContain('best');
  });
  test('returns the suffix of the answer that passed, with the loss of its target', async () => {
    const { result, steps } = await search('reinforce');
    expect(steps.at(-1)!.candidate).toBe(lastUserText(result.messages));
    expect(steps.at(-1)!.loss).toBe(result.loss);
  });
  test('leaves out answers whose score cannot be read, and claims nothing by them', async () => {
    const vague = recording(() => 'Hard to say.').model;
    const { steps, result } = await drain(gcg, {
      model: toyModel(),
      roles: { judge: vague },
      options: { ...options, objective: 'reinforce', success: 'judge', steps: 12 },
      seed: '1',
    });
    const rewards = steps.flatMap(
      ({ detail }) => (detail?.['answers'] ?? []) as { kind: string; reward: number }[],
    );
    expect(rewards.filter(({ kind }) => kind !== 'seed').every(({ reward }) => reward === 0)).toBe(true);
    expect(result.claimed).not.toBe(true);
  });
  test('samples answers at least as long as the target', async () => {
    const { steps } = await search('reinforce', { steps: 1, sampleTokens: 2 });
    const greedy = steps[1]!.detail!['response'] as string;
    expect('No.'.startsWith(greedy)).toBe(true);
    expect(steps[0]!.loss).toBeGreaterThan(0);
    expect(await targetLoss(toyModel(), [user(steps[1]!.candidate!)], 'Sure')).toBeCloseTo(
      steps[1]!.loss!,
      4,
    );
  });
  test.each([{ buffer: 2 }, { accept: 'annealed' }])('takes no %o', async (more) => {
    await expect(search('reinforce', more)).rejects.toThrow(expect.objectContaining({ code: 'bad-options' }));
  });
  test('replays exactly from its seed', async () => {
    expect(await search('reinforce', { steps: 6 })).toEqual(await search('reinforce', { steps: 6 }));
  });
});

test('the gradient is that of the weighted log-probs of all sampled answers, by central differences', async () => {
  const model = toyModel();
  const asked: SpanRequest[] = [];
  const watched = {
    ...model,
    tokenGradient: (request: SpanRequest) => {
      asked.push(request);
      return model.tokenGradient(request);
    },
  };
  const context = { ...mutation(gcg), ...roleContext({ roles: { judge: judge() } }), signal };
  const prompt = suffixPrompt(watched, behavior, 'shy fox');
  const test = answerTest(behavior, { success: 'judge', echo: 0.7 }, context);
  const sampling = { samples: 3, sampleTemperature: 2, sampleTokens: 48 };
  const objective = reinforceObjective(prompt, sampling, {
    test,
    random: createRandom('4'),
    scoring: {},
    signal,
  });
  const suffix = initialSuffix(prompt);
  await objective.look!(candidateOf(suffix, Float32Array.of(0), 0), 1);
  const gradient = await objective.gradient(suffix);
  expect(asked.length).toBeGreaterThan(3);

  const start = suffix.ids.map((id) =>
    Float64Array.from({ length: tokenizer.vocabSize }, (_, v) => Number(v === id)),
  );
  const lossAt = (rows: readonly Float64Array[]) => {
    const amount = (letter: string) => rows.reduce((sum, row) => sum + row[tokenizer.encode(letter)[0]!]!, 0);
    const logProbs = logSoftmax(firstLogits(amount));
    return asked.reduce((sum, { target, weights }) => sum - weights![0]! * logProbs[target[0]!]!, 0);
  };
  for (const letter of ['s', 'h', 'x'])
    for (const position of [0, 4]) {
      const id = tokenizer.encode(letter)[0]!;
      const moved = (by: number) => {
        const rows = start.map((row) => Float64Array.from(row));
        rows[position]![id]! += by;
        return lossAt(rows);
      };
      const measured = (moved(1e-2) - moved(-1e-2)) / 2e-2;
      expect(gradient[position * tokenizer.vocabSize + id]).toBeCloseTo(measured, 3);
    }
});

describe('the weights', () => {
  const sampled = (ids: readonly number[], reward: number, ...partial: number[]) => ({
    ids,
    reward,
    partial: partial.map((value, i) => ({ length: i + 2, reward: value })),
  });
  // Rewards and weights computed in PyTorch by the formulas of the authors' code.
  const answers = [
    sampled([5, 6, 7, 8], 0.2, 0.5, 0.6),
    sampled([5, 6, 9], 0, 0, 0),
    sampled([5, 3, 4, 4, 1], 0.9, 0.1, 0.3),
  ];
  const rewards = [
    [0.9, 0.6, 0.6, 0.2, 0.2],
    [0.9, 0.6, 0, 0, 0],
    [0.9, 0.9, 0.9, 0.9, 0.9],
  ];
  test('give a token the best reward of the answers that begin alike', () => {
    expect(tokenRewards(answers, 1)).toEqual(rewards);
  });
  test('are the rewards less the mean of the others, and add up to 1 at each token', () => {
    const expected = [
      [0.3333, 0.1111, 0.1818, -0.1, -0.1],
      [0.3333, 0.1111, -0.3636, -0.3, -0.3],
      [0.3333, 0.7778, 0.4545, 0.6, 0.6],
    ];
    leaveOneOut(rewards).forEach((row, i) =>
      row.forEach((weight, t) => expect(weight).toBeCloseTo(expected[i]![t]!, 4)),
    );
  });
  test('push refusals away where nothing else was sampled', () => {
    for (const row of leaveOneOut([[0], [0]])) expect(row[0]).toBeLessThan(0);
  });
  test('fall along an answer, from five to one at the most tokens, and add up to 1', () => {
    expect(positionWeights(3, 5).map((weight) => Number(weight.toFixed(4)))).toEqual([0.4167, 0.3333, 0.25]);
    const whole = positionWeights(128, 128);
    expect(whole[0]! / whole.at(-1)!).toBeCloseTo(5, 6);
  });
});

test('answers are judged at the length of the target in place of the closest of 20, 40 and 80 tokens', () => {
  expect(judgedLengths(12, 128)).toEqual([12, 40, 80]);
  expect(judgedLengths(37, 64)).toEqual([20, 37]);
});

test.each([
  [{ verdict: 'partial', score: 4 }, 1 / 3],
  [{ verdict: 'answered', score: 10 }, 1],
  [{ verdict: 'partial', harm: 0.3 }, 0.3],
  [{ verdict: 'answered' }, 1],
  [{ verdict: 'refused' }, 0],
  [{ verdict: 'unjudged', score: null }, null],
] as const)('the reward of %o is %d', (answer, reward) => {
  expect(rewardOf({ response: '', refused: false, ...answer })).toBe(reward);
});
