/** @file Lets the disk run full under the folder of a run of the command line, and lets the run go on with more room. */
import { join } from 'node:path';
import type { Random } from '../../src/core/random.ts';
import { finish, type Undisturbed } from './kill-command-line.ts';
import { reportedTrials, startLab, storedLines } from './lab-process.ts';
import { promise } from './part.ts';
import type { SmallDisk } from './small-disk.ts';

/** @param disk with nothing on it */
export async function runOnFullDisk(
  disk: SmallDisk,
  { planPath, temporary }: { readonly planPath: string; readonly temporary: string },
  undisturbed: Undisturbed,
  random: Random,
): Promise<string> {
  const bytes = undisturbed.lines.reduce((sum, line) => sum + line.length, 0);
  disk.resize(Math.max(16_384, Math.floor(random.next() * bytes)));
  const folder = { out: join(disk.folder, 'run'), planPath, temporary };
  const { code, err } = await startLab(['run', planPath, '--out', folder.out], temporary).ended;
  promise(code === 1, `With a full disk the command line ended with ${code}: ${err}`);
  promise(/ENOSPC|no space|disk|room/i.test(err), `It did not say that the disk is full: ${err}`);
  const [stored, reported] = [storedLines(folder.out).length, reportedTrials(err)];
  promise(stored >= reported, `${reported} trials were reported, ${stored} are stored.`);
  disk.resize(bytes * 8);
  await finish(folder, undisturbed);
  return '';
}
