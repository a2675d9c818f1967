/** @file `merge`: joins the shards of a plan into one run. */
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { excerpt } from '../../src/core/excerpt.ts';
import { count, plural } from '../../src/core/format.ts';
import type { RunSummary } from '../../src/lab/records/summary.ts';
import type { TrialKey } from '../../src/lab/records/trial.ts';
import { mergeRuns, type MergePart } from '../../src/lab/trials/merge.ts';
import { registries } from '../../src/lab/trials/registries.ts';
import { badUsage, readInput } from './failure.ts';
import type { Span } from './lines.ts';
import { printSummary } from './print-summary.ts';
import {
  checkFolder,
  makeFolder,
  pathsIn,
  placed,
  readHead,
  tornLine,
  writeHead,
  readArtifacts,
  writeReport,
  writeTrialLines,
} from './run-folder.ts';
import { eachTrial, readRecord } from './trial-file.ts';
import { writeWhole } from './whole-file.ts';

export interface MergeOptions {
  readonly out: string;
  readonly json?: true;
}

export function merge(folders: readonly string[], { out, json }: MergeOptions): void {
  const { summary, missing } = mergeInto(folders, out);
  for (const warning of summary.integrity.warnings) console.error(`warning: ${warning}`);
  if (json) console.log(JSON.stringify({ ...summary, missing }));
  else printSummary(summary);
}

/** Most missing trials that are listed. */
const mostListed = 5;

/**
 * Nothing is written before everything in the folders is checked.
 * @throws CommandError 2 when the folders hold different plans, or `out` already holds a run
 */
export function mergeInto(
  folders: readonly string[],
  out: string,
): { readonly summary: RunSummary; readonly missing: readonly TrialKey[] } {
  const merged = readInput(() => {
    checkFolder(out);
    if (existsSync(pathsIn(out).run) || existsSync(pathsIn(out).trials))
      throw badUsage(`${excerpt(out)} already holds a run.`, 'Name another folder.');
    return mergeRuns(folders.map(partIn), registries);
  });
  const { trials, missing } = merged;
  makeFolder(out);
  writeHead(out, merged);
  writeTrialLines(
    out,
    trials.map(({ part, location }) => ({ path: pathsIn(folders[part]!).trials, span: location })),
  );
  const artifacts = artifactsIn(folders);
  if (artifacts !== null) writeWhole(pathsIn(out).artifacts, artifacts);
  const summary = writeReport(out, {
    ...merged,
    artifacts: readArtifacts(out),
    digests: trials.map(({ digest }) => digest),
  });
  if (missing.length > 0) {
    console.error(
      `warning: ${count(missing.length)} of ${plural(trials.length + missing.length, 'trial')} missing:`,
    );
    for (const { model, defense, attack, behavior } of missing.slice(0, mostListed))
      console.error(`  ${excerpt(`${model} × ${defense} × ${attack} × ${behavior}`)}`);
    if (missing.length > mostListed) console.error(`  and ${count(missing.length - mostListed)} more`);
    console.error(`"run PLAN --out ${excerpt(out)} --resume" runs them.`);
  }
  return { summary, missing };
}

function partIn(folder: string): MergePart<Span> {
  const path = pathsIn(folder).trials;
  return {
    name: excerpt(folder),
    ...readHead(folder),
    eachTrial(trialOf, take) {
      const end = eachTrial(path, (trial) =>
        take({ place: placed(path, trial, trialOf).place, record: trial.record, location: trial.span }),
      );
      if (end.torn > 0) console.error(`warning: ${tornLine(folder, end)} is left out.`);
    },
    read(span) {
      const file = openSync(path, 'r');
      try {
        return readRecord(file, span);
      } finally {
        closeSync(file);
      }
    },
  };
}

/** The artifact file of the first shard that has one, since all shards learn the same; `null` when none has. */
function artifactsIn(folders: readonly string[]): string | null {
  const path = folders.map((folder) => pathsIn(folder).artifacts).find((file) => existsSync(file));
  return path === undefined ? null : readFileSync(path, 'utf8');
}
