/** @file `npm run lab` as a process that can be watched and killed, and what it leaves in the folder of a run. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../build.ts';

export interface EndedLab {
  /** `null` if it was killed. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface LabProcess {
  readonly id: number;
  /** Standard error so far. */
  err(): string;
  readonly ended: Promise<EndedLab>;
}

/** @param temporary folder for temporary files of the process and its browser, so that what they leave is found */
export function startLab(args: readonly string[], temporary: string): LabProcess {
  const child = spawn(process.execPath, [join(root, 'scripts/lab.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<EndedLab>((resolve) =>
    child.on('exit', (code) => setTimeout(() => resolve({ code, out, err }), 50)),
  );
  return { id: child.pid!, err: () => err, ended };
}

/** The last "n/m trials" of the progress on standard error; 0 before the first. */
export const reportedTrials = (err: string): number => Number(/.*\b(\d+)\/\d+ trials/s.exec(err)?.[1] ?? 0);

/** Whole lines of trials.jsonl. */
export function storedLines(folder: string): string[] {
  const path = join(folder, 'trials.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').slice(0, -1).filter(isJson);
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Lines of trials without their times, which differ from run to run and come last. */
export const withoutTimes = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/,"times":.*$/, ''));
