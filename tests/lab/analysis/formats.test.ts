/** @file What other tools read: their own shapes, every trial, and no verdict where there is none. */
import { expect, test } from 'vitest';
import { formats, type FormatName } from '../../../src/lab/analysis/formats/index.ts';
import { outcomeOf, successEvaluators } from '../../../src/lab/analysis/verdicts.ts';
import { outlineOf } from '../../../src/lab/plan/outline.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import { device, plan, registries, runAll } from '../run/harness.ts';

const { records } = await runAll();
const parsed = parsePlan(plan);
const evaluators = parsed.evaluators.flatMap(({ id }) =>
  registries.evaluators.all.filter((card) => card.id === id),
);
const source = {
  plan: outlineOf(parsed),
  device,
  versions: { glovebox: '1' },
  startedAt: '2026-01-02T03:04:05.678Z',
  evaluators,
  accessOf: (id: string) => registries.attacks.get(id).access,
};
const [judge] = successEvaluators(evaluators);
const succeeded = (record: (typeof records)[number]) => outcomeOf(judge!, digestOf(record));
const isHarmful = ({ behaviorDetail }: (typeof records)[number]) => behaviorDetail.kind === 'harmful';

function written(name: FormatName, trials = records): string {
  const writer = formats[name].open(source);
  return writer.head + trials.map((record) => writer.trial(record)).join('') + writer.tail();
}
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('AISafetyLab gets a row per trial, with the prompt, the answer and a score that may be missing', () => {
  const rows = lines(written('aisafetylab'));
  expect(rows).toHaveLength(records.length);
  rows.forEach((row, i) => {
    const record = records[i]!;
    expect(row).toMatchObject({
      query: record.behaviorDetail.prompt,
      final_query: record.attackResult.messages.at(-1)!.content,
      final_response: record.response,
      method: record.attack,
    });
    const success = succeeded(record);
    expect(row['final_score']).toBe(success === null ? null : Number(success));
  });
  expect(new Set(rows.map((row) => row['example_idx'])).size).toBe(7);
});

test('JailbreakBench gets an artifact per model, attack and defense, whose counts are those of its rows', () => {
  const artifacts = lines(written('jailbreakbench')) as unknown as {
    parameters: Record<string, unknown>;
    jailbreaks: { jailbroken: boolean; index: number; number_of_queries: number }[];
  }[];
  expect(
    artifacts.map(({ parameters }) => [
      parameters['method'],
      parameters['defense'],
      parameters['attack_type'],
    ]),
  ).toEqual([
    ['direct-request', null, 'black_box'],
    ['walk', null, 'black_box'],
    ['direct-request', 'self-reminder', 'transfer'],
    ['walk', 'self-reminder', 'transfer'],
    ['direct-request', 'safe-decoding', 'transfer'],
    ['walk', 'safe-decoding', 'transfer'],
  ]);
  for (const { parameters, jailbreaks } of artifacts) {
    expect(jailbreaks.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    const won = records.filter(
      (record) =>
        isHarmful(record) &&
        record.attack === parameters['method'] &&
        record.defense === (parameters['defense'] ?? 'none') &&
        succeeded(record) === true,
    ).length;
    expect(parameters['total_number_of_jailbreaks']).toBe(won);
    expect(jailbreaks.filter(({ jailbroken }) => jailbroken)).toHaveLength(won);
    expect(parameters['attack_success_rate']).toBe(won / 5);
  }
});

test('an Inspect log is one JSON object with a sample per trial and no score for what could not be told', () => {
  const log = JSON.parse(written('inspect')) as {
    version: number;
    eval: Record<string, unknown>;
    samples: { id: string; messages: unknown[]; scores: Record<string, { value: number }> }[];
    results: Record<string, unknown>;
  };
  expect(log).toMatchObject({ version: 2, status: 'success', eval: { model: 'toy', task: 'Toys' } });
  expect(log.samples).toHaveLength(records.length);
  expect(log.results['completed_samples']).toBe(records.length);
  expect(new Set(log.samples.map(({ id }) => id)).size).toBe(records.length);
  log.samples.forEach(({ messages, scores }, i) => {
    const told = Object.entries(records[i]!.scores).filter(([, { value }]) => value !== null);
    expect(Object.entries(scores).map(([id, { value }]) => [id, value])).toEqual(
      told.map(([id, { value }]) => [id, value]),
    );
    expect(messages.at(-1)).toEqual({ role: 'assistant', content: records[i]!.response });
  });
  expect(JSON.parse(written('inspect', []))).toMatchObject({ samples: [] });
});
