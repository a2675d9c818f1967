/** @file Kills `npm run lab -- run` and the processes below it, again and again, and lets the run go on in its folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/core/random.ts';
import { startLab, reportedTrials, storedLines, withoutTimes, type LabProcess } from './lab-process.ts';
import { promise } from './part.ts';
import { isBrowser, isRenderer, kill, survivors, treeOf, type Process } from './processes.ts';
import { smallPlanTrials } from './small-plan.ts';

/** A run that nothing disturbed. */
export interface Undisturbed {
  /** Without times. */
  readonly lines: readonly string[];
  readonly wholeMs: number;
  readonly toFirstTrialMs: number;
}

type Moment = 'random' | 'run.json' | 'end';

interface Kill {
  readonly fault: string;
  readonly moment: Moment;
  readonly victims: (tree: readonly Process[]) => readonly Process[];
}

const commandLine = (tree: readonly Process[]) => tree.slice(0, 1);

export const commandLineKills: readonly Kill[] = [
  { fault: 'kill -9 of the command line', moment: 'random', victims: commandLine },
  { fault: 'kill -9 of its browser', moment: 'random', victims: (tree) => tree.filter(isBrowser) },
  { fault: 'kill -9 of its renderers', moment: 'random', victims: (tree) => tree.filter(isRenderer) },
  { fault: 'kill -9 of the whole tree', moment: 'random', victims: (tree) => tree },
  {
    fault: 'kill -9 of the command line as it writes run.json',
    moment: 'run.json',
    victims: commandLine,
  },
  { fault: 'kill -9 of the command line as it writes its last files', moment: 'end', victims: commandLine },
];

export interface RunFolder {
  readonly out: string;
  readonly planPath: string;
  /** Folder for temporary files of the command line and its browser. */
  readonly temporary: string;
}

const resumed = ({ out, planPath, temporary }: RunFolder): LabProcess =>
  startLab(['run', planPath, '--out', out, '--resume', '--json'], temporary);

/** @throws Error if the run fails */
export async function runUndisturbed(folder: RunFolder): Promise<Undisturbed> {
  mkdirSync(folder.out, { recursive: true });
  const start = Date.now();
  const run = resumed(folder);
  const ended = run.ended.then(() => 'ended' as const);
  while (storedLines(folder.out).length === 0 && (await Promise.race([ended, sleep(20)])) !== 'ended');
  const toFirstTrialMs = Date.now() - start;
  const { code, err } = await run.ended;
  promise(code === 0, `The run that is to be disturbed fails by itself: ${err}`);
  const lines = withoutTimes(storedLines(folder.out));
  promise(lines.length === smallPlanTrials, `The plan has ${lines.length} trials.`);
  return { lines, wholeMs: Date.now() - start, toFirstTrialMs };
}

/**
 * Go on with the run in `folder`, and kill it.
 * @returns false if the run ended before the kill
 * @throws Error that says what was lost or left behind
 */
export async function killOnce(
  folder: RunFolder,
  { moment, victims }: Kill,
  undisturbed: Undisturbed,
  random: Random,
): Promise<boolean> {
  mkdirSync(folder.out, { recursive: true });
  const before = storedLines(folder.out);
  const run = resumed(folder);
  let hasEnded = false;
  const ended = run.ended.then(() => void (hasEnded = true));
  await Promise.race([ended, momentOf(moment, folder.out, undisturbed, before.length, random)]);

  let tree = treeOf(run.id);
  while (!hasEnded && victims(tree).length === 0) {
    await sleep(10);
    tree = treeOf(run.id);
  }
  const reported = reportedTrials(run.err());
  if (hasEnded || tree.length === 0) return false;
  for (const { id } of victims(tree)) kill(id);
  const { code, err } = await run.ended;
  if (code === 0) return false;

  const left = await survivors(tree);
  for (const { id } of left) kill(id);
  promise(
    left.length === 0,
    `Still running afterwards: ${left.map(({ args }) => args.slice(0, 60)).join(', ')}`,
  );
  if (code !== null)
    promise(code === 1 && err.includes('--resume'), `The command line ended with ${code} and said: ${err}`);
  const after = storedLines(folder.out);
  const lost = before.filter((line) => !after.includes(line));
  promise(lost.length === 0, `${lost.length} trials of an earlier run were lost.`);
  promise(after.length >= reported, `${reported} trials were reported, ${after.length} are stored.`);
  return true;
}

/** Resolves when it is time to kill. */
async function momentOf(
  moment: Moment,
  out: string,
  { wholeMs, toFirstTrialMs }: Undisturbed,
  stored: number,
  random: Random,
): Promise<unknown> {
  const left = (wholeMs - toFirstTrialMs) * (1 - stored / smallPlanTrials);
  if (moment === 'random') return sleep(random.next() * (toFirstTrialMs + left));
  const delayMs = random.integer(3);
  if (moment === 'run.json') await changeIn(out, (name) => name.startsWith('run.json'));
  else {
    await changeIn(out, () => storedLines(out).length >= smallPlanTrials);
    await changeIn(out, () => true);
  }
  return sleep(delayMs);
}

function changeIn(folder: string, isMeant: (name: string) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      if (!isMeant(name ?? '')) return;
      watcher.close();
      resolve();
    });
  });
}

const filesOfRun = ['report.html', 'run.json', 'trials.jsonl'];

/** Let the run end. @throws Error unless its folder is that of the undisturbed run and nothing else is left */
export async function finish(folder: RunFolder, undisturbed: Undisturbed): Promise<void> {
  const before = storedLines(folder.out);
  const { code, err } = await resumed(folder).ended;
  promise(code === 0, `Going on failed with ${code}: ${err}`);
  const after = storedLines(folder.out);
  const lost = before.filter((line) => !after.includes(line));
  promise(lost.length === 0, `${lost.length} stored trials were computed again.`);
  promise(
    withoutTimes(after).join('\n') === undisturbed.lines.join('\n'),
    'trials.jsonl differs from that of an undisturbed run.',
  );
  const files = readdirSync(folder.out).toSorted();
  promise(files.join() === filesOfRun.join(), `The folder holds ${files.join(', ')}.`);
  JSON.parse(readFileSync(join(folder.out, 'run.json'), 'utf8'));
  // The files of a killed browser are removed when the next one starts. What tsx keeps there is a cache.
  if (before.length === smallPlanTrials) return;
  const left = existsSync(folder.temporary) ? readdirSync(folder.temporary) : [];
  const ours = left.filter((name) => !name.startsWith('tsx-') && name !== 'node-compile-cache');
  promise(ours.length === 0, `Left in the temporary folder: ${ours.slice(0, 4).join(', ')}`);
}
