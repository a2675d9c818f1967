/** @file `report`: writes the report of a run again, from its files. */
import { readInput } from './failure.ts';
import { printSummary } from './print-summary.ts';
import { labelsFor } from './labels-file.ts';
import { pathsIn, readRun, writeReport } from './run-folder.ts';

interface ReportChoices {
  readonly labels?: string;
  readonly json?: true;
}

export async function report(folder: string, { labels, json }: ReportChoices): Promise<void> {
  const run = readInput(() => readRun(folder));
  const summary = writeReport(folder, run, await labelsFor(run, labels));
  console.error(`Wrote ${pathsIn(folder).report}.`);
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (json) console.log(JSON.stringify(summary));
  else printSummary(summary);
}
