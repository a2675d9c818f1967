/** @file What the command line prints. */
import { vi } from 'vitest';
import { runCommand } from '../../scripts/cli/program.ts';

/** The text that `work` prints on standard output and on standard error. */
export async function printed(work: () => unknown): Promise<readonly [out: string, err: string]> {
  const lines: [out: string[], err: string[]] = [[], []];
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((line) => void lines[0].push(String(line))),
    vi.spyOn(console, 'error').mockImplementation((line) => void lines[1].push(String(line))),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines[1].push(String(text)) > 0),
  ];
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return [lines[0].join('\n'), lines[1].join('\n')];
}

/** `npm run lab -- …` in this process, which loads the modules of the command line once; what it printed and its exit code. */
export async function labHere(...words: readonly string[]) {
  let code = -1;
  const [out, err] = await printed(async () => {
    code = await runCommand(words);
  });
  return { code, out, err };
}
