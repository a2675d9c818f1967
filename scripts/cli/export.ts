/** @file `export`: the tables of a run, or its trials in a format of another tool. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { formats, type FormatName } from '../../src/lab/analysis/formats/index.ts';
import { matrixSvg } from '../../src/lab/analysis/tables/matrix-svg.ts';
import { summaryTables } from '../../src/lab/analysis/tables/summary-tables.ts';
import { csvTables, latexTables, markdownTables } from '../../src/lab/analysis/tables/write-tables.ts';
import { rateTable } from '../../src/lab/analysis/rate-table.ts';
import { summarize } from '../../src/lab/analysis/summarize.ts';
import { successEvaluators } from '../../src/lab/analysis/verdicts.ts';
import { placerFor } from '../../src/lab/trials/placement.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { expandPlan } from '../../src/lab/trials/trials.ts';
import { badUsage, cannotWrite, readInput } from './failure.ts';
import { nameOf } from './names.ts';
import { inOrder, pathsIn, readHead, readTrials } from './run-folder.ts';
import { readRecord } from './trial-file.ts';

const ofRates = { markdown: markdownTables, latex: latexTables, csv: csvTables } as const;
export const exportNames = [...Object.keys(ofRates), 'svg', ...Object.keys(formats)];

export function exportRun(folder: string, { as, out }: { readonly as: string; readonly out?: string }): void {
  const { head, trials } = readInput(() => {
    const head = readHead(folder);
    return { head, trials: readTrials(folder, placerFor(expandPlan(head.plan, registries).chunks)) };
  });
  if (trials.byPlace.size === 0) throw badUsage('This run has no finished trial.');
  const { plan } = head;
  const evaluators = plan.evaluators.flatMap(({ id }) =>
    registries.evaluators.all.filter((card) => card.id === id),
  );
  const ordered = inOrder(trials.byPlace);

  function* parts(): Generator<string> {
    if (as in formats) {
      const accessOf = (attack: string) => registries.attacks.get(attack).access;
      const writer = formats[as as FormatName].open({ ...head, evaluators, accessOf });
      const file = openSync(pathsIn(folder).trials, 'r');
      try {
        yield writer.head;
        for (const { span } of ordered) yield writer.trial(readRecord(file, span));
        yield writer.tail();
      } finally {
        closeSync(file);
      }
      return;
    }
    const digests = ordered.map(({ digest }) => digest);
    const summary = summarize(plan, head.device, registries.evaluators.all, digests);
    const judges = successEvaluators(evaluators).map(({ id }) => id);
    if (as === 'svg') {
      const [model, judge] = [plan.models.targets[0]!, judges[0]];
      if (judge === undefined) throw badUsage('No evaluator of this run measures success.');
      yield matrixSvg(
        rateTable(plan, summary, model, judge),
        `${plan.name}: ${model}, judged by ${nameOf(judge)}`,
        nameOf,
      ).svg;
      return;
    }
    yield ofRates[as as keyof typeof ofRates](summaryTables(plan, summary, judges, nameOf));
  }

  let to = 1;
  try {
    if (out !== undefined) to = openSync(out, 'w');
    for (const part of parts()) writeSync(to, part);
  } catch (error) {
    if (out === undefined || !(error instanceof Error && 'syscall' in error)) throw error;
    throw cannotWrite(out, error);
  } finally {
    if (to !== 1) closeSync(to);
  }
}
