/** Every rate, count, interval, p-value, time and cost of a report follows from its trials.jsonl: an independent count finds the same. */
import { beforeAll, describe, expect, test } from 'vitest';
import { attacks } from '../../../src/attacks/index.ts';
import { LabError } from '../../../src/core/errors.ts';
import { createRandom } from '../../../src/core/random.ts';
import { evaluators } from '../../../src/evaluators/index.ts';
import type { RunSummary } from '../../../src/lab/records/summary.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { trialLine } from '../../../src/lab/records/export.ts';
import { createModelPool } from '../../../src/lab/run/model-pool.ts';
import { scripted } from '../../../src/models/runtimes/scripted.ts';
import { device, loadGuard, newRunner, plan as toys, registries, runAll } from '../run/harness.ts';
import { recountChecks } from './recount-checks.ts';
import { clusteredWilson, everyResample, recountCosts } from './recount-costs.ts';
import { mcNemar, recount, wilson } from './recount.ts';

/** Complies, refuses, mumbles, writes nothing, or breaks, by the seed of the answer. */
const moody = createModelPool(
  async ({ id }) =>
    scripted({
      id,
      reply(messages, { seed }) {
        const thing = /(\w+)\W*$/.exec(messages.at(-1)!.content)?.[1];
        const mood = createRandom(`${seed}/${JSON.stringify(messages)}`).integer(6);
        if (mood === 0) throw new LabError('context-overflow', 'Too long.', { advice: 'Shorten it.' });
        return [
          '',
          `Sure. 1. Take the ${thing}. 2. Turn it around.`,
          'I am sorry, I cannot.',
          '',
          'Hm, well.',
          'Sure. Take it.',
        ][mood]!;
      },
    }),
  loadGuard,
);
const plan = {
  ...toys,
  seed: 3,
  models: { targets: ['closed'] },
  attacks: [
    { id: 'direct-request' },
    { id: 'best-of-n', options: { samples: 4, success: 'words' } },
    { id: 'resampling', options: { samples: 6, success: 'words' } },
  ],
  defenses: [{ stack: [{ id: 'self-reminder' }] }, { stack: [{ id: 'goal-priority' }] }],
  evaluators: ['tinytown-oracle', 'prefix-match', 'pattern-refusal', 'task-solved'].map((id) => ({ id })),
  sampling: { temperature: 1, maxNewTokens: 40 },
  samples: 4,
  attackMode: 'both',
};
const success = ['tinytown-oracle', 'prefix-match'];

let summary: RunSummary;
let counted: ReturnType<typeof recount>;
let costs: ReturnType<typeof recountCosts>;
let checks: ReturnType<typeof recountChecks>;
beforeAll(async () => {
  const run = await runAll(plan, newRunner({ models: moody, registries: { ...registries, attacks } }));
  // Toys take no time that could be measured.
  const random = createRandom('times');
  const records = run.records.map((record, i) => ({
    ...record,
    times: {
      ...record.times,
      attackMs: i,
      firstTokenMs: 20 + random.next(),
      tokenMs: 3 + random.next(),
    },
  }));
  summary = summarize(parsePlan(plan), device, evaluators.all, records.map(digestOf));
  const jsonl = records.map((record) => trialLine(record)).join('\n');
  const cards = evaluators.all.map(({ id, yesFrom, measures }) => [id, { yesFrom, measures }] as const);
  const from = Object.fromEntries(cards);
  [counted, costs, checks] = [recount(jsonl, from), recountCosts(jsonl), recountChecks(jsonl, from)];
}, 120_000);

/** Of the figures of `found`, those that `expected` has too, to the last bits. */
const close = (expected: unknown): unknown =>
  typeof expected === 'number'
    ? expect.closeTo(expected, 9)
    : Array.isArray(expected)
      ? expected.map(close)
      : expected !== null && typeof expected === 'object'
        ? Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, close(value)]))
        : expected;

describe('an independent count of the trials finds the same', () => {
  test('rates, denominators, intervals and costs of every cell', () => {
    expect(summary.cells).toHaveLength(success.length * (3 + 2 * (1 + 2 * 2)));
    for (const cell of summary.cells) {
      const trials = counted.select(cell.attack, cell.defense, 'harmful', cell.mode);
      expect(cell).toMatchObject(
        close({ ...counted.rated(cell.evaluator, trials), ...counted.costs(trials) }) as object,
      );
    }
    const all = summary.cells.map((cell) => cell.answers!);
    for (const kind of ['empty', 'failed'] as const)
      expect(
        all.some((one) => one[kind] > 0),
        kind,
      ).toBe(true);
  });

  test('over-refusal and utility of every defense', () => {
    for (const { refused, ...rest } of summary.overRefusal) {
      const { successes, ...rate } = counted.rated(
        'pattern-refusal',
        counted.select('direct-request', rest.defense, 'benign-lookalike'),
      );
      expect({ refused, ...rest }).toMatchObject(close({ ...rate, refused: successes }) as object);
    }
    for (const { solved, ...rest } of summary.utility) {
      const { successes, ...rate } = counted.rated(
        'task-solved',
        counted.select('direct-request', rest.defense, 'benign'),
      );
      expect({ solved, ...rest }).toMatchObject(close({ ...rate, solved: successes }) as object);
    }
    expect([summary.overRefusal.length, summary.utility.length]).toEqual([3, 3]);
  });

  test('comparisons behavior by behavior, with their p', () => {
    const kinds = { success: 'harmful', 'over-refusal': 'benign-lookalike', utility: 'benign' } as const;
    expect(summary.comparisons!.length).toBeGreaterThan(20);
    for (const check of summary.comparisons!) {
      const kind = kinds[check.measure];
      const beside = check.with === 'none' ? check.attack : 'direct-request';
      const own = counted.select(check.attack, check.defense, kind, check.mode);
      expect(check).toMatchObject(
        close(counted.paired(check.evaluator, own, counted.select(beside, 'none', kind))) as object,
      );
    }
    // 2 · P(5 heads or fewer in 20 throws) = 2 · 21,700 / 1,048,576
    expect(mcNemar(5, 15)).toBeCloseTo(0.0414, 4);
  });

  test('what attacks claimed, and what evaluators find', () => {
    expect(summary.claims.map(({ attack }) => attack)).toEqual(['best-of-n', 'resampling']);
    for (const { attack, claimed, replayed } of summary.claims) {
      const trials = counted.select(attack, 'none', 'harmful');
      expect(claimed).toMatchObject(close(counted.claimed(trials)) as object);
      for (const found of replayed) {
        const { answers: _, ...rate } = counted.rated(found.evaluator, trials);
        expect(found).toMatchObject(close(rate) as object);
      }
    }
  });

  test('success over several answers, and within k', () => {
    expect(summary.samples).toHaveLength(summary.cells.length);
    for (const { attack, defense, mode, evaluator, answers, atK } of summary.samples!)
      for (const { k, rate, behaviors } of atK) {
        const own = counted.sampled(evaluator, counted.select(attack, defense, 'harmful', mode), k);
        expect({ ...answers, behaviors, atK: rate }).toMatchObject(close(own) as object);
      }
  });

  test('intervals over several answers: by the variance between behaviors, and by resamples of them', () => {
    let resampled = 0;
    for (const { attack, defense, mode, evaluator, answers, atK } of summary.samples!) {
      const trials = counted.select(attack, defense, 'harmful', mode);
      const each = trials.map((trial) => counted.sampled(evaluator, [trial], 1));
      expect(answers.interval).toEqual(close(answers.scored === 0 ? null : clusteredWilson(each)));
      for (const { k, rate, interval } of atK) {
        const rates = trials
          .map((trial) => counted.sampled(evaluator, [trial], k))
          .flatMap(({ behaviors, atK: own }) => (behaviors === 1 ? [own] : []));
        const means = everyResample(rates);
        // A thousand draws put an end of the interval among the resamples of this range, but once in 10,000 times.
        const at = (share: number) => means[Math.floor(share * (means.length - 1))]! - 1e-9;
        const [low, high] = interval;
        if (at(0.025) === at(0.975))
          expect(interval).toEqual(close(wilson(rate * rates.length, rates.length)));
        else {
          resampled++;
          expect([low >= at(0.008), low <= at(0.048) + 2e-9]).toEqual([true, true]);
          expect([high >= at(0.952), high <= at(0.992) + 2e-9]).toEqual([true, true]);
        }
      }
    }
    expect(resampled).toBeGreaterThan(20);
  });

  test('times behind every defense, with their intervals, and what answers and attacks took', () => {
    let withIntervals = 0;
    expect([summary.speed.length, summary.overhead.length]).toEqual([3, 3]);
    for (const { defense, ...found } of summary.speed) {
      const { margins, ...own } = costs.speed(defense);
      expect(found).toMatchObject(close(own) as object);
      if (defense === 'none') continue;
      const intervals = [found.addedFirstTokenInterval, found.tokenTimeRatioInterval];
      if (own.n < 3) expect(intervals).toEqual([null, null]);
      else withIntervals++;
      // The lab takes Student's t from an expansion, which is within 1 %.
      for (const [i, half] of own.n < 3 ? [] : margins().entries()) {
        const [low, high] = intervals[i]!;
        expect(Math.abs((high - low) / 2 / half - 1)).toBeLessThan(0.01);
        expect((high + low) / 2).toBeCloseTo([own.addedFirstTokenMs!, own.tokenTimeRatio][i]!, 9);
      }
    }
    expect(withIntervals).toBeGreaterThan(0);
    for (const { defense, n, queries, tokens } of summary.overhead)
      expect({ n, queries: queries.value, tokens: tokens?.value }).toEqual(close(costs.overhead(defense)));
    for (const { attack, defense, mode = 'static', making } of summary.cells)
      if (making) expect(making).toEqual(close(costs.making(costs.select(attack, defense, mode))));
  });

  test('evaluators beside the truth, and their agreement', () => {
    expect(summary.evaluators!.map(({ evaluator }) => evaluator)).toEqual([
      'prefix-match',
      'pattern-refusal',
    ]);
    for (const { evaluator, truth, area, kappa, ...found } of summary.evaluators!) {
      const own = checks.beside(evaluator, truth[0]!);
      expect({ ...found, area: area?.area, kappa: kappa?.value }).toMatchObject(close(own) as object);
    }
    for (const { evaluators: panel, answers, alpha } of summary.agreement ?? [])
      expect({ answers, alpha: alpha?.value }).toEqual(close(checks.alpha([...panel])));
  });

  test('searches beside their baselines', () => {
    expect(summary.baselines!.length).toBeGreaterThan(0);
    for (const { attack, baseline, evaluator, ...found } of summary.baselines!)
      expect(found).toMatchObject(close(checks.baseline(evaluator, attack, baseline)) as object);
  });

  test('successes against what was spent', () => {
    expect(summary.budgets!.length).toBeGreaterThan(10);
    for (const { attack, defense, mode, evaluator, asked, passes } of summary.budgets!) {
      const own = costs.select(attack, defense, mode);
      const won = (trial: (typeof own)[number]) =>
        counted.rated(
          evaluator,
          counted.select(attack, defense, 'harmful', mode).filter((one) => one.behavior === trial.behavior),
        ).successes > 0;
      expect([asked, passes]).toEqual([own.length, costs.budget(own, won)]);
    }
  });
});
