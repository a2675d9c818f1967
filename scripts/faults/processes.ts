/** @file Processes of a command line and its browser: found, killed, and waited for. */
import { execFileSync } from 'node:child_process';

export interface Process {
  readonly id: number;
  readonly parent: number;
  readonly args: string;
}

const processes = (): Process[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\n')
    .flatMap((line) => {
      const [, id, parent, state, args] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s(.*)$/.exec(line) ?? [];
      // A zombie has ended; only its parent has not asked yet.
      return args === undefined || state!.startsWith('Z')
        ? []
        : [{ id: Number(id), parent: Number(parent), args }];
    });

/** A process and all below it. */
export function treeOf(id: number): Process[] {
  const all = processes();
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process, ...below(process.id)]);
  return [...all.filter((process) => process.id === id), ...below(id)];
}

export const isBrowser = ({ args }: Process) =>
  args.includes('--remote-debugging') && !args.includes('--type=');
export const isRenderer = ({ args }: Process) =>
  args.includes('--type=renderer') && !args.includes('--extension-process');

/** `kill -9`; a process that has just ended is no error. */
export function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Those of `before` that still run after `waitMs`: a browser needs a moment to notice that its owner is gone. */
export async function survivors(before: readonly Process[], waitMs = 15_000): Promise<readonly Process[]> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const ids = new Set(processes().map(({ id, args }) => `${id} ${args}`));
    const left = before.filter(({ id, args }) => ids.has(`${id} ${args}`));
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
