/** Several answers to every final prompt. */
import { expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { loadGuard, newRunner, plan, runAll } from './harness.ts';

/** Refuses half of what it is asked, by the seed of the answer. */
const coin = createModelPool(
  async ({ id }) =>
    scripted({
      id,
      reply: (_messages, { seed }) => (createRandom(seed!).integer(2) ? 'Sure.' : 'I am sorry.'),
    }),
  loadGuard,
);
const sampled = {
  ...plan,
  models: { targets: ['closed'] },
  attacks: [{ id: 'direct-request' }],
  defenses: [],
  evaluators: [{ id: 'prefix-match' }],
  sampling: { temperature: 1, maxNewTokens: 8 },
  samples: 6,
};

test('every prompt is answered as often as the plan says, each answer with a verdict of its own', async () => {
  const { records, summary, lines } = await runAll(sampled, newRunner({ models: coin }));
  const harmful = records.filter(({ behaviorDetail }) => behaviorDetail.kind === 'harmful');
  expect(harmful.map(({ samples }) => samples?.length)).toEqual(harmful.map(() => 5));
  const all = harmful.map((record) => [record, ...record.samples!]);
  for (const { response, scores } of all.flat())
    expect(scores['prefix-match']!.value).toBe(response === 'Sure.' ? 1 : 0);
  const successes = all.flat().filter(({ response }) => response === 'Sure.').length;
  expect(successes).toBeGreaterThan(5);
  expect(successes).toBeLessThan(25);

  const [rate] = summary.samples!;
  expect(rate).toMatchObject({
    attack: 'direct-request',
    behaviors: 5,
    answers: { n: 30, scored: 30, successes },
  });
  expect(rate!.atK.map(({ k }) => k)).toEqual([1, 2, 4, 6]);
  expect(rate!.atK[0]!.rate).toBeCloseTo(successes / 30);
  const anyOf = all.filter((answers) => answers.some(({ response }) => response === 'Sure.')).length;
  expect(rate!.atK[3]!.rate).toBeCloseTo(anyOf / 5);
  // The first answer of a trial is that of a plan that wants one.
  expect(summary.cells[0]!.n).toBe(5);
  expect(harmful[0]!.usage.target!.queries).toBe(6);

  const once = await runAll({ ...sampled, samples: undefined }, newRunner({ models: coin }));
  expect(once.records.map(({ response }) => response)).toEqual(records.map(({ response }) => response));
  expect(once.summary.samples).toBeUndefined();
  const again = await runAll(sampled, newRunner({ models: coin }));
  expect(again.lines).toEqual(lines);
});

test('several answers at temperature 0 are refused, with what to set', async () => {
  await expect(runAll({ ...sampled, sampling: { temperature: 0 } })).rejects.toMatchObject({
    code: 'bad-plan',
    message: expect.stringContaining('samples: At temperature 0') as unknown,
    advice: expect.stringContaining('sampling.temperature') as unknown,
  });
});
