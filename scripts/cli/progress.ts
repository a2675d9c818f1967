/** @file Progress on standard error: one line that is rewritten on a terminal, a line now and then elsewhere. */

const terminal = process.stderr.isTTY;
const everyMs = terminal ? 200 : 5_000;

/** @returns a function to call with what is done; `last` says the work is over */
export function createProgress(now: () => number = performance.now.bind(performance)) {
  let saidAt = -Infinity;
  /** The first call: what was finished then took an unknown time. */
  let first: { readonly at: number; readonly finished: number } | undefined;
  return (finished: number, total: number, what: string, last = false): void => {
    first ??= { at: now(), finished };
    if (!last && now() - saidAt < everyMs) return;
    saidAt = now();
    const done = finished - first.finished;
    const secondsLeft = Math.round((((saidAt - first.at) / 1000) * (total - finished)) / done);
    const left = done > 0 && !last ? `, about ${secondsLeft} s left` : '';
    const line = `${finished}/${total} trials${left}, ${what}`;
    if (terminal) process.stderr.write(`\r\x1b[2K${line}${last ? '\n' : ''}`);
    else console.error(line);
  };
}
