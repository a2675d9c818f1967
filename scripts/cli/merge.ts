/** @file `merge`: joins the shards of a plan into one run. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { count, plural } from '../../src/core/format.ts';
import { mergeRuns, type MergedRun } from '../../src/lab/trials/merge.ts';
import { digestOf } from '../../src/lab/records/digest.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { badUsage, readInput } from './failure.ts';
import { printSummary } from './print-summary.ts';
import { pathsIn, readRun, summaryOf, writeRun } from './run-folder.ts';

export interface MergeOptions {
  readonly out: string;
  readonly json?: true;
}

export function merge(folders: readonly string[], { out, json }: MergeOptions): void {
  const merged = mergeInto(folders, out);
  const summary = summaryOf({ ...merged, digests: merged.records.map(digestOf) });
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (json) console.log(JSON.stringify({ ...summary, missing: merged.missing }));
  else printSummary(summary);
}

/** Most missing trials that are listed. */
const mostListed = 5;

/** @throws CommandError 2 when the folders hold different plans, or `out` already holds a run */
export function mergeInto(folders: readonly string[], out: string): MergedRun {
  const merged = readInput(() => {
    if (existsSync(pathsIn(out).run) || existsSync(pathsIn(out).trials))
      throw badUsage(`${out} already holds a run.`, 'Name another folder.');
    return mergeRuns(
      folders.map((folder) => ({ name: folder, ...readRun(folder) })),
      registries,
    );
  });
  writeRun(out, merged);
  const artifacts = artifactsIn(folders);
  if (artifacts !== null) writeFileSync(pathsIn(out).artifacts, artifacts);
  const { missing, records } = merged;
  if (missing.length > 0) {
    console.error(
      `warning: ${count(missing.length)} of ${plural(records.length + missing.length, 'trial')} missing:`,
    );
    for (const { model, defense, attack, behavior } of missing.slice(0, mostListed))
      console.error(`  ${model} × ${defense} × ${attack} × ${behavior}`);
    if (missing.length > mostListed) console.error(`  and ${count(missing.length - mostListed)} more`);
    console.error(`"run PLAN --out ${out} --resume" runs them.`);
  }
  return merged;
}

/** The artifact file of the first shard that has one, since all shards learn the same; `null` when none has. */
function artifactsIn(folders: readonly string[]): string | null {
  const path = folders.map((folder) => pathsIn(folder).artifacts).find((file) => existsSync(file));
  return path === undefined ? null : readFileSync(path, 'utf8');
}
