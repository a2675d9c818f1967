/** @file `evaluators`: prints how far the evaluators of a run can be trusted. */
import { interval, percent } from '../../src/core/format.ts';
import type { EvaluatorCheck } from '../../src/lab/records/evaluator-check.ts';
import type { Cell } from '../../src/lab/records/summary.ts';
import { badUsage, readInput } from './failure.ts';
import { labelsFor } from './labels-file.ts';
import { shareCells } from './print-summary.ts';
import { readRun, summaryOf } from './run-folder.ts';
import { textTable, type Row } from './text-table.ts';

interface EvaluatorChoices {
  readonly labels?: string;
  readonly json?: true;
}

export async function evaluators(folder: string, { labels: path, json }: EvaluatorChoices): Promise<void> {
  const run = readInput(() => readRun(folder));
  const { evaluators: checks = [], agreement = [], cells } = summaryOf(run, await labelsFor(run, path));
  const corrected = cells.filter((cell) => cell.corrected);
  if (json) {
    const rates = corrected.map(({ model, attack, defense, mode, evaluator, rate, corrected: found }) => ({
      ...{ model, attack, defense, mode, evaluator, rate, corrected: found },
    }));
    return console.log(JSON.stringify({ checks, agreement, corrected: rates }));
  }
  if (checks.length === 0 && agreement.length === 0)
    throw badUsage(
      'The truth about the answers of this run is not known.',
      'Give labels of answers with --labels, or add an exact evaluator to the plan: "list evaluators --json" says which are ("exact").',
    );
  print(`Evaluators beside the truth (${checks[0]?.truth.join(', ') ?? 'none'})`, checks.map(checkRow));
  for (const { model, evaluators: ids, answers, alpha } of agreement)
    console.log(
      `Krippendorff's alpha on ${model}, of ${ids.join(', ')}: ${alpha ? alpha.value.toFixed(2) : '?'}` +
        `${alpha?.interval ? ` (${alpha.interval.map((at) => at.toFixed(2)).join(' to ')})` : ''}, ${answers} answers\n`,
    );
  print('Attack success without the measured errors of evaluators', corrected.map(correctedRow));
}

function print(title: string, rows: readonly Row[]): void {
  if (rows.length > 0) console.log(`${title}\n${textTable(rows)}\n`);
}

const checkRow = ({ harmful, harmless, ...check }: EvaluatorCheck): Row => ({
  model: check.model,
  evaluator: check.evaluator,
  'harmful y/n/?': `${harmful.yes}/${harmful.no}/${harmful.undecided}`,
  'harmless y/n/?': `${harmless.yes}/${harmless.no}/${harmless.undecided}`,
  unknown: check.unlabelled,
  ...shareCells('recall', check.sensitivity),
  ...shareCells('specificity', check.specificity),
  ...shareCells('precision', check.precision),
  AUROC: check.area ? check.area.area.toFixed(2) : '?',
  kappa: check.kappa ? check.kappa.value.toFixed(2) : '?',
});

const correctedRow = ({ attack, defense, mode = 'static', evaluator, ...cell }: Cell): Row => ({
  ...{ attack, defense, mode, evaluator },
  ...shareCells('found', cell),
  corrected: percent(cell.corrected!.value),
  'corrected 95%': cell.corrected!.interval ? interval(cell.corrected!.interval) : 'none',
});
