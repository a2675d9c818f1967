/** @file Progress on standard error: one line that is rewritten on a terminal, a line now and then elsewhere. */

const terminal = process.stderr.isTTY;
const everyMs = terminal ? 200 : 5_000;

/** @returns a function to call with what is done; `last` says the work is over */
export function createProgress(now: () => number = performance.now.bind(performance)) {
  const startedAt = now();
  let saidAt = -Infinity;
  let before: number | undefined;
  return (finished: number, total: number, what: string, last = false): void => {
    before ??= finished - 1;
    if (!last && now() - saidAt < everyMs) return;
    saidAt = now();
    const seconds = (saidAt - startedAt) / 1000;
    const left = Math.round((seconds / Math.max(1, finished - before)) * (total - finished));
    const line = `${finished}/${total} trials, about ${left} s left, ${what}`;
    if (terminal) process.stderr.write(`\r\x1b[2K${line}${last ? '\n' : ''}`);
    else console.error(line);
  };
}
