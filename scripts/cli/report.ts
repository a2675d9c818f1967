/** @file `report`: writes the report of a run again, from its files. */
import { readInput } from './failure.ts';
import { printSummary } from './print-summary.ts';
import { pathsIn, readRun, writeReport } from './run-folder.ts';

export function report(folder: string, { json }: { readonly json?: true }): void {
  const run = readInput(() => readRun(folder));
  const summary = writeReport(folder, run);
  console.error(`Wrote ${pathsIn(folder).report}.`);
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (json) console.log(JSON.stringify(summary));
  else printSummary(summary);
}
