/** @file Part "big": a run of more than a gigabyte, through every command and page that reads one. */
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from '../build.ts';
import { serve } from '../serve.ts';
import { openBigRun } from './big-page.ts';
import { bigPlan, runSample, writeBigRun } from './big-run.ts';
import { startLab } from './lab-process.ts';
import { figures, peakOf } from './memory.ts';
import { outcomeOf, promise, type FaultPart } from './part.ts';

/** A step that takes this long is given up. */
const limitMs = 240_000;

/** Run a command to its end. @returns time and peak of memory */
async function measured(args: readonly string[], temporary: string): Promise<string> {
  const start = Date.now();
  const command = startLab(args, temporary);
  let peak: number | null = null;
  const watching = setInterval(() => (peak = peakOf(command.id) ?? peak), 50);
  const { code, err } = await command.ended;
  clearInterval(watching);
  promise(code === 0, `lab ${args[0]} ended with ${code}: ${err}`);
  return figures(Date.now() - start, peak);
}

/** Write the lines of a file that `head` or `tail` with `args` picks to another file. */
function pick(command: 'head' | 'tail', lines: string, from: string, to: string): void {
  const file = openSync(to, 'w');
  spawnSync(command, ['-n', lines, from], { stdio: ['ignore', file, 'inherit'] });
  closeSync(file);
}

export const bigRuns: FaultPart = {
  id: 'big',
  promise:
    'A run of 100,000 trials with tokens, more than a gigabyte, is reported, merged, compared, resumed and exported in ' +
    'less than 60 s and 1 GB each; its page opens in less than 2 s and no task blocks it for more than 200 ms.',
  count: 100_000,
  unit: 'trials of the big run',
  async *run(_, wanted, folder) {
    const trials = Math.max(10, Math.floor(wanted / 10) * 10);
    const [whole, first, second, merged, part] = ['whole', 'first', 'second', 'merged', 'part'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string, string];
    const temporary = join(folder, 'tmp');
    for (const name of [first, second, part, temporary]) mkdirSync(name);
    const start = Date.now();
    writeBigRun(runSample(join(folder, 'sample')), whole, trials);
    const lines = join(whole, 'trials.jsonl');
    console.error(
      `big: wrote ${Math.round(statSync(lines).size / 1e6)} MB in ${Math.round((Date.now() - start) / 1000)} s`,
    );
    const size = `${trials.toLocaleString('en')} trials, ${(statSync(lines).size / 1e9).toFixed(2)} GB`;

    yield await outcomeOf(`report (${size})`, () => measured(['report', whole], temporary), limitMs);
    for (const name of [first, second, part]) copyFileSync(join(whole, 'run.json'), join(name, 'run.json'));
    pick('head', String(trials / 2), lines, join(first, 'trials.jsonl'));
    pick('tail', `+${trials / 2 + 1}`, lines, join(second, 'trials.jsonl'));
    const merge = ['merge', first, second, '--out', merged];
    yield await outcomeOf('merge of two halves', () => measured(merge, temporary), limitMs);
    rmSync(first, { recursive: true });
    rmSync(second, { recursive: true });
    yield await outcomeOf(
      'compare with itself',
      () => measured(['compare', whole, merged], temporary),
      limitMs,
    );
    rmSync(merged, { recursive: true, force: true });
    pick('head', String(trials - 10), lines, join(part, 'trials.jsonl'));
    const planPath = join(folder, 'plan.json');
    writeFileSync(planPath, JSON.stringify(bigPlan(trials)));
    const resume = ['run', planPath, '--out', part, '--resume'];
    yield await outcomeOf('run --resume, ten trials missing', () => measured(resume, temporary), limitMs);
    rmSync(part, { recursive: true });

    const server = await serve({ folder: dist, port: 0, headers: true });
    try {
      yield* openBigRun(server.url, join(folder, 'profile'), whole);
    } finally {
      await server.close();
    }
  },
};
