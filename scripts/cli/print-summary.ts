/** @file Prints the summary of a run as tables. */
import {
  addedDuration,
  amount,
  count,
  countOrUnknown,
  interval,
  percent,
  ratio,
} from '../../src/core/format.ts';
import { answerFaults } from '../../src/lab/analysis/answer-words.ts';
import { modeWords } from '../../src/lab/analysis/headline.ts';
import { isAdaptive } from '../../src/lab/plan/attack-mode.ts';
import type { AnswerRate, RunSummary } from '../../src/lab/records/summary.ts';
import { textTable, type Row } from './text-table.ts';

type Share = Omit<AnswerRate, 'successes'>;

/** Rate, interval and n as three cells; n is written decided/asked where the two differ. */
export const shareCells = (name: string, share: Share | undefined): Row => ({
  [name]: share === undefined ? '' : share.rate === null ? '?' : percent(share.rate),
  [`${name} 95%`]: share?.interval ? interval(share.interval) : '',
  [`${name} n`]: share === undefined ? '' : share.scored === share.n ? share.n : `${share.scored}/${share.n}`,
});

export function printSummary({ cells, claims, elapsedMs, ...costs }: RunSummary): void {
  const { overRefusal, utility, attackedUtility = [], speed, overhead, preparation = [] } = costs;
  const models = [...new Set([...cells, ...overRefusal, ...utility, ...speed].map(({ model }) => model))];
  const on = (model: string) => (models.length > 1 ? ` on ${model}` : '');
  const print = (title: string, rows: readonly Row[]) => {
    if (rows.length > 0) console.log(`${title}\n${textTable(rows)}\n`);
  };
  for (const model of models) {
    const own = cells.filter((cell) => cell.model === model);
    for (const evaluator of new Set(own.map((cell) => cell.evaluator)))
      print(
        `Attack success${on(model)}, judged by ${evaluator}`,
        own
          .filter((cell) => cell.evaluator === evaluator)
          .map((cell) => ({
            attack: cell.attack,
            defense: cell.defense,
            ...(own.some(isAdaptive) && { mode: modeWords(cell) }),
            ...shareCells('ASR', cell),
            ...(own.some((other) => answerFaults(other) !== '') && { answers: answerFaults(cell) }),
            queries: count(cell.queries),
            ...(own.some(({ sequences }) => sequences > 0) && { scored: count(cell.sequences) }),
            ...(own.some(({ gradients }) => gradients > 0) && { gradients: count(cell.gradients) }),
            tokens: countOrUnknown(cell.tokens),
            seconds: seconds(cell.elapsedMs),
          })),
      );
    print(
      `Success claimed by attacks and found by evaluators${on(model)}`,
      claims
        .filter((claim) => claim.model === model)
        .flatMap(({ attack, claimed, replayed, search }) =>
          replayed.map((rate) => ({
            attack,
            ...shareCells('claimed', claimed),
            evaluator: rate.evaluator,
            ...shareCells('found', rate),
            ...(search && { test: search.tests.join(', '), 'turned down': count(search.falseSuccesses) }),
          })),
        ),
    );
    print(
      `Success by way of asking, as the search found it${on(model)}`,
      claims
        .filter((claim) => claim.model === model)
        .flatMap(({ attack, search }) => [
          ...(search?.variants ?? []).map((rate) => ({ attack, asked: rate.name, rate })),
          ...(search?.controls ?? []).map((rate) => ({ attack, asked: `${rate.name} (control)`, rate })),
        ])
        .map(({ rate, ...row }) => ({ ...row, ...shareCells('answered', rate) })),
    );
    print(
      `Tasks of users solved under attack${on(model)}`,
      attackedUtility
        .filter((row) => row.model === model)
        .map(({ attack, defense, mode, ...rate }) => ({
          attack,
          defense,
          ...(attackedUtility.some(isAdaptive) && { mode }),
          ...shareCells('solved', rate),
        })),
    );
    const of = <T extends { readonly model: string; readonly defense: string }>(
      rows: readonly T[],
      defense: string,
    ) => rows.find((row) => row.model === model && row.defense === defense);
    const defenses = new Set(
      [...speed, ...overRefusal, ...utility, ...overhead]
        .filter((row) => row.model === model)
        .map(({ defense }) => defense),
    );
    print(
      `Costs of defenses${on(model)}, on direct requests`,
      [...defenses].map((defense) => {
        const [time, extra] = [of(speed, defense), of(overhead, defense)];
        return {
          defense,
          ...shareCells('refused', of(overRefusal, defense)),
          ...shareCells('utility', of(utility, defense)),
          'first words': time?.addedFirstTokenMs == null ? '' : addedDuration(time.addedFirstTokenMs),
          '/token': time?.tokenTimeRatio == null ? '' : ratio(time.tokenTimeRatio),
          '+queries': extra ? amount(extra.queries.value) : '',
          '+tokens': extra ? (extra.tokens ? amount(extra.tokens.value) : countOrUnknown(null)) : '',
        };
      }),
    );
    print(
      `What defenses learned before${on(model)}`,
      preparation
        .filter((row) => row.model === model)
        .map(({ defense, queries, sequences, gradients, tokens, elapsedMs: took }) => ({
          defense,
          queries: count(queries),
          scored: count(sequences),
          gradients: count(gradients),
          tokens: countOrUnknown(tokens),
          seconds: seconds(took),
        })),
    );
  }
  console.log(`${seconds(elapsedMs)} s`);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
