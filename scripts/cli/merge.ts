/** @file `merge`: shards of one plan as one run. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { count, plural } from '../../src/core/format.ts';
import { mergeRuns, type MergedRun } from '../../src/lab/trials/merge.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { badUsage, checking } from './failure.ts';
import { printSummary } from './print-summary.ts';
import { pathsIn, readRun, summaryOf, writeRun } from './run-folder.ts';

export interface MergeOptions {
  readonly out: string;
  readonly json?: true;
}

export function merge(folders: readonly string[], { out, json }: MergeOptions): void {
  const merged = mergeInto(folders, out);
  const summary = summaryOf(merged);
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (json) console.log(JSON.stringify({ ...summary, missing: merged.missing }));
  else printSummary(summary);
}

/** Trials named when some are missing. */
const namedTrials = 5;

/** @throws CommandError 2 when the folders are not of one plan, or `out` holds a run */
export function mergeInto(folders: readonly string[], out: string): MergedRun {
  const merged = checking(() => {
    if (existsSync(pathsIn(out).run) || existsSync(pathsIn(out).trials))
      throw badUsage(`${out} already holds a run.`, 'Name another folder.');
    return mergeRuns(
      folders.map((folder) => ({ name: folder, ...readRun(folder) })),
      registries,
    );
  });
  writeRun(out, merged);
  const learned = artifactsIn(folders);
  if (learned !== null) writeFileSync(pathsIn(out).artifacts, learned);
  const { missing, records } = merged;
  if (missing.length > 0) {
    console.error(
      `warning: ${count(missing.length)} of ${plural(records.length + missing.length, 'trial')} missing:`,
    );
    for (const { model, defense, attack, behavior } of missing.slice(0, namedTrials))
      console.error(`  ${model} × ${defense} × ${attack} × ${behavior}`);
    if (missing.length > namedTrials) console.error(`  and ${count(missing.length - namedTrials)} more`);
    console.error(`"run PLAN --out ${out} --resume" makes them.`);
  }
  return merged;
}

/** What defenses learned; every shard learned the same. `null` when none did. */
function artifactsIn(folders: readonly string[]): string | null {
  const path = folders.map((folder) => pathsIn(folder).artifacts).find((file) => existsSync(file));
  return path === undefined ? null : readFileSync(path, 'utf8');
}
