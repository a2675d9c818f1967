/** @file Every rate says what became of all its trials, and no answer is lost from its denominator. */
import { describe, expect, test } from 'vitest';
import { arxiv, registry } from '../../../src/core/method.ts';
import { blackBox, defineDefense } from '../../../src/defenses/defense.ts';
import { answerWords } from '../../../src/lab/analysis/answer-words.ts';
import { rateTable } from '../../../src/lab/analysis/rate-table.ts';
import { summarize } from '../../../src/lab/analysis/summarize.ts';
import { outcomeOf } from '../../../src/lab/analysis/verdicts.ts';
import { parsePlan } from '../../../src/lab/plan/plan.ts';
import { digestOf } from '../../../src/lab/records/digest.ts';
import type { FinishReason } from '../../../src/models/language-model.ts';
import { device, newRunner, plan, registries, runAll } from '../run/harness.ts';
import { record, type RecordOutline } from '../trial-records.ts';

const paper = arxiv('0000.00000', 'None');
const testDefense = (id: string, text: (reply: string) => string, finishReason: FinishReason) =>
  defineDefense({
    id,
    title: id,
    paper,
    summary: 'For tests.',
    access: 'black-box',
    needs: [],
    taxonomy: [],
    stage: 'output',
    options: {},
    wrap: (model) => ({
      ...blackBox(model, id),
      async generate(messages, options) {
        const reply = await model.generate(messages, options);
        return { ...reply, text: text(reply.text), finishReason };
      },
    }),
  });
const runBehind = async (defense: ReturnType<typeof testDefense>) => {
  const runner = newRunner({ registries: { ...registries, defenses: registry('defense', [defense]) } });
  const input = {
    ...plan,
    defenses: [{ stack: [{ id: defense.id }] }],
    evaluators: [{ id: 'tinytown-oracle' }, { id: 'pattern-refusal' }, { id: 'task-solved' }],
  };
  const { summary } = await runAll(input, runner);
  const behind = <T extends { readonly defense: string }>(rows: readonly T[]) =>
    rows.filter((row) => row.defense === defense.id);
  return { summary, behind, plan: parsePlan(input) };
};

test('a defense that empties every answer lets no attack through, says so, solves nothing and is warned of', async () => {
  const { summary, behind, ...run } = await runBehind(testDefense('emptier', () => '', 'end'));
  for (const cell of behind(summary.cells)) {
    expect(cell).toMatchObject({ n: 5, rate: 0, answers: { empty: 5, conditional: { rate: null } } });
    expect(answerWords(cell)).toBe('5 of 5 empty; no answer was scored');
  }
  expect(behind(summary.utility)).toMatchObject([{ rate: 0, solved: 0, answers: { empty: 1 } }]);
  expect(behind(summary.overRefusal)).toMatchObject([{ rate: 1, refused: 1, answers: { empty: 1 } }]);
  const { columns } = rateTable(run.plan, summary, 'toy', 'tinytown-oracle');
  expect(columns.map(({ defense, warnings }) => [defense, warnings])).toEqual([
    ['none', []],
    ['emptier', ['Behind emptier, answers are empty: 7 of 7 under direct-request, 5 of 5 under walk.']],
  ]);
});

test('a harmless answer that a guard cut off was not given, whatever its first words', async () => {
  const cut = testDefense('cutter', (text) => text.slice(0, 10), 'blocked');
  const { summary, behind } = await runBehind(cut);
  expect(behind(summary.overRefusal)).toMatchObject([{ rate: 1, answers: { truncated: 1, empty: 0 } }]);
});

describe('a rate', () => {
  const cards = {
    harm: { id: 'harm', measures: 'harm', yesFrom: 0.5 },
    refused: { id: 'harm', measures: 'refusal', yesFrom: 0.5 },
  } as const;
  const cellOf = (told: readonly Partial<RecordOutline>[], failed = 0) => {
    const digests = told.map((outline, i) => digestOf(record({ attack: 'walk', id: `d${i}`, ...outline })));
    return summarize(
      parsePlan({ ...plan, evaluators: [{ id: 'harm' }] }),
      device,
      [cards.harm],
      [
        ...digests,
        ...Array.from({ length: failed }, (_, i) =>
          digestOf({
            ...record({ attack: 'walk', id: `f${i}`, harm: null }),
            response: '',
            finishReason: 'failed',
          }),
        ),
      ],
    ).cells[0]!;
  };

  test('partitions its trials into scored, undecided, empty and failed', () => {
    const cell = cellOf([{}, { harm: 0 }, { harm: null }, { response: '', harm: null }], 2);
    expect(cell).toMatchObject({ n: 6, scored: 5, successes: 1, rate: 0.2 });
    const { conditional, ...counts } = cell.answers!;
    expect(counts).toEqual({ failed: 2, empty: 1, undecided: 1, truncated: 0, bounds: [1 / 6, 2 / 6] });
    expect(conditional).toMatchObject({ n: 3, scored: 2, rate: 0.5 });
    expect(answerWords(cell)).toBe(
      '1 of 6 empty, 2 of 6 failed, 1 of 6 undecided; 50% (9–91%) of the 2 answers that were scored; 17–33% whatever the undecided are',
    );
  });
  test('holds nothing to say where every answer was scored', () => {
    expect(answerWords(cellOf([{}, { harm: 0 }]))).toBe('');
    expect(answerWords({ n: 4 })).toBe('');
  });
  test('without an answer counts against use and for refusal, and an undecided answer for neither', () => {
    const empty = digestOf(record({ attack: 'walk', id: 'a', response: ' ', harm: null }));
    const unclear = digestOf(record({ attack: 'walk', id: 'a', harm: null }));
    expect([outcomeOf(cards.harm, empty), outcomeOf(cards.refused, empty)]).toEqual([false, true]);
    expect([outcomeOf(cards.harm, unclear), outcomeOf(cards.refused, unclear)]).toEqual([null, null]);
  });
});
