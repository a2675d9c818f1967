/** @file Folders of runs for tests, written without running anything. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { pathsIn, writeHead, writeReport } from '../../scripts/cli/run-folder.ts';
import { trialsJsonl, type SmallRun } from '../lab/small-run.ts';

/** Write all files of a run into a folder, which is created if it does not exist. */
export function writeRun(folder: string, run: SmallRun): void {
  mkdirSync(folder, { recursive: true });
  writeHead(folder, run);
  writeFileSync(pathsIn(folder).trials, trialsJsonl(run.records));
  writeReport(folder, run);
}
