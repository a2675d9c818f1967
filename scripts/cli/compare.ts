/** @file `compare`: prints two runs cell by cell. */
import { interval, percent, points } from '../../src/core/format.ts';
import { itemsNeeded, pairedDifference } from '../../src/core/paired.ts';
import type { Rate } from '../../src/core/statistics.ts';
import {
  compareRuns,
  type ComparedCell,
  type ComparedModel,
  type ComparedRate,
} from '../../src/lab/analysis/compare.ts';
import { significance } from '../../src/lab/analysis/pairs.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { readInput } from './failure.ts';
import { readRun } from './run-folder.ts';
import { textTable, type Row } from './text-table.ts';

export function compare(first: string, second: string, { json }: { readonly json?: true }): void {
  const comparison = readInput(() => compareRuns(readRun(first), readRun(second), registries.evaluators.all));
  if (json) return console.log(JSON.stringify(comparison));
  console.log(`1: ${first}\n2: ${second}\n`);
  for (const sentence of comparison.differences) console.log(`differs: ${sentence}`);
  for (const model of comparison.models) printModel(model);
  console.log(
    '\ndiff: rate 2 minus rate 1 over the n behaviors scored in both, in points. 1only, 2only: successes in one run only.\n' +
      "interval: of diff, 95%, by a paired bootstrap. p: McNemar's exact test, two-sided; p Holm: adjusted for all rows.\n" +
      'needed: behaviors that would tell a difference of this size among as many rows, where these do not.',
  );
}

function printModel({ first, second, cells, overRefusal, utility }: ComparedModel): void {
  const on = first === second ? first : `${first} and ${second}`;
  for (const evaluator of new Set(cells.map((cell) => cell.evaluator))) {
    const own = cells.filter((cell) => cell.evaluator === evaluator);
    print(`Attack success on ${on}, judged by ${evaluator}`, own, ({ attack, defense, mode }) => ({
      attack,
      defense,
      ...(own.some((cell) => cell.mode === 'adaptive') && { mode }),
    }));
  }
  print(`Over-refusal on ${on}`, overRefusal, ({ defense }) => ({ defense }));
  print(`Utility on ${on}`, utility, ({ defense }) => ({ defense }));
}

function print<R extends ComparedRate | ComparedCell>(
  title: string,
  rates: readonly R[],
  keys: (rate: R) => Row,
): void {
  if (rates.length === 0) return;
  console.log(`\n${title}\n${textTable(rates.map((rate) => ({ ...keys(rate), ...valueCells(rate) })))}\n`);
  for (const rate of rates) {
    const where = Object.values(keys(rate)).join(' × ');
    for (const [run, names] of [
      [1, onlyIn(rate, 'first')],
      [2, onlyIn(rate, 'second')],
    ] as const)
      if (names.length > 0) console.log(`${where}, only in ${run}: ${names.join(', ')}`);
  }
}

const onlyIn = ({ flipped }: ComparedRate, run: 'first' | 'second'): readonly string[] =>
  flipped.filter((pair) => pair[run]).map(({ behavior }) => behavior);

const valueCells = (rate: ComparedRate): Row => ({
  ...rateCells('run 1', rate.first),
  ...rateCells('run 2', rate.second),
  diff: rate.difference === null ? '?' : points(rate.difference),
  interval: intervalOf(rate),
  n: rate.paired,
  '1only': onlyIn(rate, 'first').length,
  '2only': onlyIn(rate, 'second').length,
  p: pCell(rate.p),
  'p Holm': pCell(rate.adjusted),
  needed:
    rate.adjusted !== null && rate.adjusted >= significance ? (itemsNeeded(rate, rate.together) ?? '') : '',
});

const pCell = (p: number | null): string => (p === null ? '?' : p < 0.001 ? '<0.001' : p.toFixed(3));

/** Of the second rate minus the first. */
function intervalOf({ paired, onlyFirst, onlySecond }: ComparedRate): string {
  if (paired === 0) return '';
  const { interval: bounds } = pairedDifference({ paired, onlyFirst: onlySecond, onlySecond: onlyFirst });
  return bounds ? bounds.map(points).join(' to ') : '';
}

const rateCells = (name: string, rate: Rate): Row => ({
  [name]: rate.rate === null ? '?' : percent(rate.rate),
  [`${name} 95%`]: rate.interval ? interval(rate.interval) : '',
});
